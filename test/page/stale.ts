/** The page of a service that is gone, that has not begun, and whose script fails, in a real browser. */
import { afterAll, beforeAll, describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";

import type { Status } from "../../src/status/schema.ts";
import { openTab, PHONE, sidewaysScroll, startBrowser, type Tab, type TabOptions, violations } from "./browser.ts";
import { Replay } from "./replay.ts";
import { type Service, statusOf } from "./synthetic.ts";

setDefaultTimeout(120_000);

let browser: Browser;
beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser.close());

/** What a browser says of a service that is gone. */
const GONE = /^error: Failed to load resource: net::ERR_/;

async function show(service: Service, options: TabOptions = {}): Promise<Tab & { replay: Replay }> {
  const replay = new Replay(service);
  onTestFinished(() => replay.close());
  const tab = await openTab(browser, replay.url, { expected: GONE, ...options });
  await tab.page.locator("#rows tr").first().waitFor();
  return { ...tab, replay };
}

const textOf = async ({ page }: Tab, id: string): Promise<string> =>
  (await page.locator(`#${id}`).innerText()).replaceAll(/\s+/g, " ").trim();

const STOPPED = { time: "2026-03-04T15:31:00.000Z", reason: "SIGTERM", routes: "removed" } as const;
const THREE: Service = { gateways: 3, host: "router", killSwitch: true };

describe("after a stop of the service,", () => {
  test("the page says so, ages stand still, and all goes on when it is back", async () => {
    const tab = await show(THREE, { stopped: true, timezoneId: "UTC", locale: "en-GB" });
    const { page, replay } = tab;
    expect([await textOf(tab, "traffic"), await textOf(tab, "kill-switch"), await textOf(tab, "machine")]).toEqual([
      "is spread over 3 gateways",
      "on (unreachable)",
      "router",
    ]);
    await page.clock.runFor(3000);
    expect(await textOf(tab, "kernel-seen")).toMatch(/^[23]s ago$/);
    await replay.stop(STOPPED);
    await page.locator("#notice").waitFor();
    expect(await textOf(tab, "notice")).toBe(
      "The service was stopped at 04/03/2026, 15:31:00 (SIGTERM). The page shows the state of 04/03/2026, 15:30:12. It goes on by itself when the service is back.",
    );
    expect(await textOf(tab, "traffic")).toBe("takes the normal routing tables");
    expect(await page.title()).toBe("Stopped · router · gateway-route-manager");
    expect(await violations(page)).toEqual([]);
    await page.clock.runFor(60_000);
    expect(await textOf(tab, "kernel-seen")).toBe("0s ago"); // as old as the data was when it came
    expect(await textOf(tab, "link-text")).toMatch(/^Stopped, data 1m \ds old$/);
    expect(await textOf(tab, "verdict-word")).toBe("Stopped");
    replay.start();
    await page.clock.runFor(3000);
    await page.locator("#link[data-kind=live]").waitFor();
    expect(await textOf(tab, "verdict-word")).toBe("Healthy");
    expect(await page.locator("#notice").isVisible()).toBe(false);
    await page.clock.runFor(3000);
    expect(await textOf(tab, "kernel-seen")).toMatch(/^[1-3]s ago$/);
  });

  test("a filter does not make old data new, and a lost connection has the time of its verdict", async () => {
    const tab = await show({ gateways: 13 }, { stopped: true, timezoneId: "UTC", locale: "en-GB" });
    const { page, replay } = tab;
    await replay.stop();
    await page.locator("#notice").waitFor();
    await page.clock.runFor(60_000);
    await page.locator("#text").fill("192");
    expect(await textOf(tab, "verdict-word")).toBe("Healthy at 04/03/2026, 15:30:12");
    expect(await textOf(tab, "kernel-seen")).toBe("0s ago");
    expect(await textOf(tab, "notice")).toEndWith("It tries again every 2s.");
  });
});

describe("what is not known", () => {
  test("is neither zero nor healthy", async () => {
    const tab = await show({ gateways: 2, unknown: [1, 2] });
    const unread = JSON.parse(JSON.stringify(statusOf({ gateways: 2, unknown: [1, 2] }))) as Status;
    Object.assign(unread.routing, { rule: false, seen: null });
    tab.replay.show(unread);
    await tab.page.getByText("There is no managed route: traffic is not known").waitFor();
    expect(await textOf(tab, "total-up")).toBe("?");
    expect(await textOf(tab, "kernel-rule")).toBe("10888 (not read yet)");
    expect(await tab.page.locator("#rows .chart .unknown").first().getAttribute("d")).toStartWith("M0 24L1 0M1 24");
  });

  test("an outlier has its figure beside its mark, which stays inside the chart", async () => {
    const { page } = await show({ gateways: 2, outlier: [1] });
    const [label, box] = await Promise.all([
      page.locator("#rows .peak:visible").boundingBox(),
      page.locator("#rows .plot").first().boundingBox(),
    ]);
    expect(await page.locator("#rows .peak:visible").allTextContents()).toEqual(["2.23 s"]);
    expect(label!.x).toBeGreaterThanOrEqual(box!.x);
    expect(label!.x + label!.width).toBeLessThanOrEqual(box!.x + box!.width);
  });
});

describe("forty gateways", () => {
  const FORTY: Service = { gateways: 40, down: [5], host: "router", ddns: "well" };

  test("fit on two screens of a phone, and show all details on demand", async () => {
    const tab = await show(FORTY, { viewport: PHONE });
    const { page } = tab;
    const heightOf = async (): Promise<number> => (await page.locator("#table").boundingBox())!.height;
    const bottom = await page.evaluate<number>("document.querySelector('#table').getBoundingClientRect().bottom");
    expect(bottom).toBeLessThanOrEqual(2 * PHONE.height);
    expect(await page.locator("#routes .axis:visible span").allTextContents()).toHaveLength(3);
    const tree = await page.locator("#gateways table").ariaSnapshot();
    expect(tree.match(/- '?row "/g)!.length).toBeGreaterThanOrEqual(40);
    expect(tree).toMatch(/rowheader "192\.168\.1\.10/);
    expect(tree).toContain('cell "up"');
    expect(await page.locator("#rows .p50").first().getAttribute("aria-colindex")).toBe("8"); // though others are hidden
    const before = await heightOf();
    await page.locator("#details").press("Enter");
    expect(await page.locator("#details").getAttribute("aria-pressed")).toBe("true");
    expect(await heightOf()).toBeGreaterThan(2 * before);
  });

  test("stay inside their panel in windows of any width", async () => {
    const { page } = await show({
      ...FORTY,
      names: Array.from({ length: 40 }, (_, index) => `gateway-number-${index}`),
    });
    for (const width of [320, PHONE.width, 768, 900, 1024, 1200, 1280, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const over = "document.querySelector('#table').scrollWidth - document.querySelector('#gateways').clientWidth";
      expect([width, await sidewaysScroll(page), Math.max(0, await page.evaluate<number>(over))]).toEqual([
        width,
        0,
        0,
      ]);
    }
  });
});

describe("a script that fails", () => {
  test("in one part leaves the others, and the page says so", async () => {
    const tab = await show(THREE, { expected: /TypeError/ });
    const broken = JSON.parse(
      JSON.stringify(statusOf({ ...THREE, down: [2], trouble: "the rule is missing" })),
    ) as Status;
    Object.assign(broken.gateways[0]!, { history: null });
    tab.replay.show(broken);
    await tab.page.locator("#fault", { hasText: "A part of this page failed" }).waitFor();
    expect(await textOf(tab, "verdict-word")).toBe("Degraded");
    expect(await textOf(tab, "standing")).toBe("the rule is missing"); // which is shown after the gateways
    await tab.page.getByRole("button", { name: "Reload" }).waitFor();
    expect(await violations(tab.page)).toEqual([]);
  });

  test("before it begins leaves a hint to the other ways of reading the status", async () => {
    const replay = new Replay(THREE);
    onTestFinished(() => replay.close());
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.addInitScript("delete globalThis.EventSource");
    await page.goto(replay.url);
    expect(await page.locator("#stalled").isVisible()).toBe(false);
    await page.locator("#stalled", { hasText: "gateway-route-manager status" }).waitFor();
  });
});

test("on paper the page has light colours, no controls, and the whole log", async () => {
  const { page } = await show(THREE, { colorScheme: "dark" });
  const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const dark = await ground();
  await page.emulateMedia({ media: "print" });
  expect(await ground()).not.toBe(dark);
  expect(await page.locator("nav").isVisible()).toBe(false);
  expect(await page.evaluate("getComputedStyle(document.querySelector('.scroll')).maxHeight")).toBe("none");
});
