/**
 * Makes the pictures of README and guide in .readme, and one of each condition, size and colour scheme in dist/page. The
 * services are made up, so that a picture changes only when the page does.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";

import { run } from "../e2e/lab/namespace.ts";
import { DESKTOP, PHONE, startBrowser } from "./browser.ts";
import { Replay } from "./replay.ts";
import type { Service } from "./synthetic.ts";

const ROOT = join(import.meta.dir, "../..");

/** A typical system font. */
const FONT = "Inter";

const THREE = { gateways: 3, host: "router", ddns: "well" } as const;

const CONDITIONS: Readonly<Record<string, Service>> = {
  healthy: THREE,
  degraded: { ...THREE, down: [2] },
  down: { ...THREE, down: [1, 2, 3], ddns: "failing" },
  rejecting: { ...THREE, down: [1, 2, 3], ddns: "failing", killSwitch: true },
  stopped: { ...THREE, killSwitch: true },
  lost: THREE,
  outlier: { ...THREE, outlier: [2], knownSlots: 48 },
  one: { gateways: 1 },
  thirteen: { ...THREE, gateways: 13, down: [5] },
  forty: { ...THREE, gateways: 40, down: [5, 17], leftOut: [9] },
  pools: {
    host: "router",
    gateways: 6,
    names: ["sweden", "norway", "lte", "finland", "denmark", "iceland"],
    down: [2],
    ddns: "well",
    pools: [
      { name: "vpn", from: ["10.78.0.0/24"], members: [1, 2, 3], weights: [2], tier2: [3], rejects: true },
      { name: "iot", in: ["br-iot"], members: [4, 5, 6], hostname: "gateways.example.com" },
      { name: "rest", members: [4, 2], excluded: ["198.51.100.0/24"] },
    ],
  },
  hundred: { ...THREE, gateways: 100, down: [17, 58, 90], leftOut: [33] },
  many: { ...THREE, gateways: 150, down: [17, 58, 90], drained: [33] },
};

/** How services of some conditions end. */
const ENDS: Readonly<Record<string, (replay: Replay) => Promise<void>>> = {
  stopped: (replay) => replay.stop({ time: "2026-03-04T15:30:12.000Z", reason: "SIGTERM", routes: "removed" }),
  lost: (replay) => replay.stop(),
};

const SIZES = { phone: { viewport: PHONE, deviceScaleFactor: 2 }, desktop: { viewport: DESKTOP } } as const;

interface StatusModel {
  readonly file: string;
  readonly service: Service;
  /** What happens to it once the page is shown. */
  readonly end?: ((replay: Replay) => Promise<void>) | undefined;
  readonly look: BrowserContextOptions;
}

const all: StatusModel[] = Object.entries(CONDITIONS).flatMap(([condition, service]) =>
  Object.entries(SIZES).flatMap(([size, look]) =>
    (["light", "dark"] as const).map((colorScheme) => ({
      file: `dist/page/${condition}-${size}-${colorScheme}.png`,
      service,
      end: ENDS[condition],
      look: { ...look, colorScheme },
    })),
  ),
);

const narrow = { viewport: { width: 1280, height: 760 }, deviceScaleFactor: 1.5, colorScheme: "light" } as const;
const forReadme: StatusModel[] = [
  { file: ".readme/page-healthy.png", service: CONDITIONS["healthy"]!, look: narrow },
  { file: ".readme/page-degraded.png", service: CONDITIONS["degraded"]!, look: narrow },
  {
    file: ".readme/page-phone.png",
    service: CONDITIONS["degraded"]!,
    look: { viewport: { width: 390, height: 1000 }, deviceScaleFactor: 2, colorScheme: "dark" },
  },
];

/** Makes one picture, with its colours reduced to 256. */
async function take(browser: Browser, replay: Replay, { file, end, look }: StatusModel): Promise<void> {
  const context = await browser.newContext({ ...look, timezoneId: "Europe/Berlin", locale: "en-GB" });
  const page = await context.newPage();
  await page.clock.setFixedTime(new Date("2026-03-04T15:30:12Z"));
  await page.goto(replay.url.replace("127.0.0.1", "router.lan"));
  await page.locator("#rows tr").first().waitFor();
  await page.locator("#entries li").first().waitFor();
  await end?.(replay);
  if (end) await page.locator("#notice").waitFor();
  // The port differs in each run.
  await page.locator("#host").evaluate((host) => (host.textContent = "router.lan:9090"));
  const path = join(ROOT, file);
  await page.screenshot({ path, animations: "disabled" });
  await run(["pngquant", "--force", "--speed", "1", "--strip", "--output", path, "256", path]);
  await context.close();
}

const folder = mkdtempSync(join(tmpdir(), "pictures-"));
const fonts = join(folder, "fonts.conf");
writeFileSync(
  fonts,
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
   <fontconfig><include>/etc/fonts/fonts.conf</include><match target="pattern">
   <edit name="family" mode="prepend" binding="strong"><string>${FONT}</string></edit></match></fontconfig>`,
);
for (const name of ["dist/page", ".readme"]) mkdirSync(join(ROOT, name), { recursive: true });
const browser = await startBrowser(undefined, ["--host-resolver-rules=MAP router.lan 127.0.0.1"], {
  FONTCONFIG_FILE: fonts,
});
for (const picture of [...forReadme, ...all]) {
  const replay = new Replay(picture.service);
  await take(browser, replay, picture);
  replay.close();
}
await browser.close();
rmSync(folder, { recursive: true });
