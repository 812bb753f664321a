/** The page of services with several pools, in a real browser. */
import { afterAll, beforeAll, describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Browser, Locator } from "playwright-core";

import { openTab, PHONE, sidewaysScroll, startBrowser, type Tab, type TabOptions, violations } from "./browser.ts";
import { Replay } from "./replay.ts";
import type { SyntheticPool } from "./synthetic-pools.ts";
import { addressOf, type Service, statusOf } from "./synthetic.ts";

setDefaultTimeout(120_000);

let browser: Browser;
beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser.close());

const DESKTOP = { width: 1280, height: 800 };
const LONGEST = "a-name-of-sixty-three-characters-which-is-the-longest-there-is.";
const NAMES = ["sweden", "norway", "lte", LONGEST];

const VPN: SyntheticPool = {
  name: "vpn",
  from: ["10.78.0.0/24"],
  members: [1, 2, 3],
  weights: [2, 1, 1],
  tier2: [3],
  rejects: true,
};
const REST: SyntheticPool = { name: "rest", members: [2], excluded: ["198.51.100.0/24"] };
const TWO: Service = { gateways: 3, names: NAMES, pools: [VPN, REST] };

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Thirty gateways, of which some are down, left out or drained, in eight pools. */
const EIGHT: Service = {
  gateways: 30,
  names: NAMES,
  down: [5, 17],
  leftOut: [9],
  drained: [21],
  ddns: "well",
  pools: [
    { ...VPN, name: "streaming", members: range(1, 12), tier2: [11, 12] },
    { name: "iot", in: ["br-iot"], members: [1, 2, 3], rejects: true },
    { name: "guests", from: ["10.30.0.0/24"], in: ["br-guest"], mark: "0x10/0xff", members: range(10, 30) },
    { name: "office", from: ["192.168.7.0/24"], members: [5], least: 1 },
    { name: "backup", from: ["10.40.0.0/24"], members: [17], rejects: true, least: 1 },
    { name: LONGEST, from: ["10.50.0.0/24", "10.51.0.0/24"], members: range(1, 30), hostname: "gw.example.com" },
    { name: "servers", from: ["10.60.0.0/24"], members: [7, 8, 9], hostname: `${"long".repeat(12)}.example.com` },
    { name: "rest", members: range(20, 30) },
  ],
};

async function show(service: Service, options: TabOptions = {}): Promise<Tab & { replay: Replay }> {
  const replay = new Replay(service);
  onTestFinished(() => replay.close());
  const tab = await openTab(browser, replay.url, { viewport: DESKTOP, ...options });
  await tab.page.locator("#rows tr").first().waitFor();
  return { ...tab, replay };
}

const poolOf = ({ page }: Tab, name: string): Locator =>
  page.locator(".pool").filter({ has: page.locator("strong", { hasText: new RegExp(`^${name}$`) }) });

const texts = async (locator: Locator): Promise<string[]> =>
  (await locator.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());

describe("the page of", () => {
  const cases = [TWO, EIGHT].flatMap((service) =>
    (["light", "dark"] as const).map((scheme) => [service, scheme] as const),
  );

  test.each(cases.map(([service, scheme]) => [service.pools!.length, scheme, service] as const))(
    "%i pools in the %s scheme is accessible and fits into windows of any width, folded and unfolded",
    async (_, scheme, service) => {
      const tab = await show(service, { colorScheme: scheme });
      const { page } = tab;
      for (const unfolded of [false, true]) {
        if (unfolded) await unfoldAll(tab);
        for (const viewport of [PHONE, DESKTOP]) {
          await page.setViewportSize(viewport);
          expect(await violations(page)).toEqual([]);
        }
        for (const width of [320, PHONE.width, 599, 600, 899, 900, 1099, 1100, DESKTOP.width, 1439, 1440, 1920]) {
          await page.setViewportSize({ width, height: 800 });
          expect([width, await sidewaysScroll(page)]).toEqual([width, 0]);
          expect([width, await overflowing(tab)]).toEqual([width, []]);
        }
      }
    },
  );
});

async function unfoldAll({ page }: Tab): Promise<void> {
  for (const pool of await page.locator(".pool").all()) {
    await pool.locator("summary").click();
    await pool.locator("tbody tr").first().waitFor();
  }
}

/** The panels whose content is wider than they are. */
async function overflowing({ page }: Tab): Promise<string[]> {
  return page.evaluate(
    "[...document.querySelectorAll('.panel, .pool-body > *')].filter((one) => one.scrollWidth > one.clientWidth).map(({ id, className }) => id || className)",
  );
}

describe("the pools", () => {
  test("are shown with who uses them, how many members are usable and their flows", async () => {
    const tab = await show(TWO);
    const { page } = tab;
    expect(await texts(page.locator(".pool .head"))).toEqual(["vpn Healthy", "rest Healthy"]);
    expect(await texts(page.locator(".pool .use"))).toEqual([
      "Packets from 10.78.0.0/24 3 of 3 usable, tier 1 in use",
      "All packets 1 of 1 usable",
    ]);
    const bar = poolOf(tab, "vpn").locator("summary .bar span");
    expect(await bar.allTextContents()).toEqual(["sweden", "norway"]);
    expect(await bar.first().getAttribute("title")).toBe(`sweden (${addressOf(1)}) 66.7 %`);
    for (const id of ["flows", "kernel", "dns"]) {
      expect([id, await page.locator(`#${id}`).isVisible()]).toEqual([id, false]);
    }
    expect(await texts(page.locator("nav a:visible"))).toEqual(["Pools", "Gateways", "Log"]);
  });

  test("have their members, settings and DNS name when they are unfolded", async () => {
    const tab = await show({ ...TWO, pools: [{ ...VPN, hostname: "gw.example.com", least: 1 }, REST] });
    const vpn = poolOf(tab, "vpn");
    expect(await vpn.locator("tbody tr").count()).toBe(0);
    await vpn.locator("summary").click();
    await vpn.locator("tbody tr").first().waitFor();
    expect(await texts(vpn.locator("tbody tr"))).toEqual([
      `sweden ${addressOf(1)} up 66.7 % 1 2`,
      `norway ${addressOf(2)} up 33.3 % 1 1`,
      `lte ${addressOf(3)} up, stands by - 2 1`,
    ]);
    const facts = await texts(vpn.locator(".facts > div:visible"));
    expect(facts).toContain("Without gateways packets are rejected (unreachable)");
    expect(facts).toContain("Least healthy 1 (keep)");
    expect(facts).toContain("Rule 10888");
    expect(await vpn.locator("[data-part=dns-name]").textContent()).toBe("gw.example.com");
    const rest = poolOf(tab, "rest");
    await rest.locator("summary").click();
    await rest.locator("tbody tr").waitFor();
    expect(await texts(rest.locator("thead th:visible"))).toEqual(["Member", "State", "Flows", "Reason"]);
    expect(await texts(rest.locator(".facts > div:visible"))).toContain(
      "Excluded 198.51.100.0/24 and the reserved ranges",
    );
    expect(await rest.locator("[data-part=dns]").isVisible()).toBe(false);
  });

  test("are unfolded from the start where there is only one", async () => {
    const tab = await show({ ...TWO, pools: [VPN] });
    await poolOf(tab, "vpn").locator("tbody tr").first().waitFor();
    expect(await poolOf(tab, "vpn").locator("tbody tr").count()).toBe(3);
  });

  test("say what is wrong with them", async () => {
    const tab = await show({ ...TWO, down: [1, 2, 3] });
    expect(await texts(tab.page.locator(".pool .head"))).toEqual([
      "vpn Down: no gateway carries traffic, and packets are rejected (-when-no-gateways unreachable)",
      "rest Down: no gateway carries traffic",
    ]);
    await poolOf(tab, "rest").locator("summary").click();
    await poolOf(tab, "rest").getByText("There is no managed route").waitFor();
    expect(await poolOf(tab, "vpn").locator("summary .bar").getAttribute("data-rejected")).toBe("true");
  });

  test("follow the service without being folded, and come and go", async () => {
    const tab = await show(TWO);
    const { page, replay } = tab;
    await poolOf(tab, "vpn").locator("summary").click();
    replay.becomes({ ...TWO, down: [1, 2] });
    await poolOf(tab, "vpn").locator("tbody .word", { hasText: "down" }).first().waitFor();
    expect(await texts(poolOf(tab, "vpn").locator("tbody .share"))).toEqual(["-", "-", "100.0 %"]);
    expect(await texts(page.locator(".pool .use .note"))).toEqual(["1 of 3 usable, tier 2 in use", "0 of 1 usable"]);
    expect(await poolOf(tab, "vpn").locator("details").getAttribute("open")).not.toBeNull();
    replay.becomes({ ...TWO, pools: [{ ...REST, name: "new" }, VPN] });
    await poolOf(tab, "new").waitFor();
    expect(await page.locator(".pool strong").allTextContents()).toEqual(["new", "vpn"]);
    expect(await poolOf(tab, "vpn").locator("details").getAttribute("open")).not.toBeNull();
    replay.becomes({ gateways: 3 });
    await page.locator("#pools").waitFor({ state: "hidden" });
    expect(await page.locator("#flows, #kernel").evaluateAll((all) => all.length)).toBe(2);
    expect(await page.locator("#kernel").isVisible()).toBe(true);
  });

  test("are reached and unfolded with the keyboard, with a visible focus", async () => {
    const tab = await show(TWO);
    const { page } = tab;
    await page.locator("#pools").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = "getComputedStyle(document.activeElement)";
    expect(await page.evaluate(`${focused}.outlineStyle !== "none" && parseFloat(${focused}.outlineWidth) >= 2`)).toBe(
      true,
    );
    await page.keyboard.press("Enter");
    await poolOf(tab, "rest").locator("tbody tr").waitFor();
    replaySame(tab.replay);
    await page.getByText("once more").waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
    await page.keyboard.press("Enter");
    expect(await poolOf(tab, "rest").locator("tbody").isVisible()).toBe(false);
  });

  test("are a list with a table of members for screen readers", async () => {
    const tab = await show(TWO, { viewport: PHONE });
    await poolOf(tab, "vpn").locator("summary").click();
    await poolOf(tab, "vpn").locator("tbody tr").first().waitFor();
    const tree = await tab.page.locator("#pools").ariaSnapshot();
    expect(tree).toMatch(/listitem:\n\s+- group:/);
    expect(tree).toContain('table "Members of pool vpn"');
    expect(tree).toMatch(/rowheader "sweden 192\.168\.1\.10/);
    expect(tree.match(/columnheader /g)).toHaveLength(6);
  });
});

function replaySame(replay: Replay): void {
  replay.becomes(TWO);
  replay.log("info", "once more");
}

describe("the gateways that pools share", () => {
  test("are each shown once, with the pools that use them", async () => {
    const { page } = await show(TWO);
    expect(await page.locator("#rows .address").allTextContents()).toEqual([1, 2, 3].map(addressOf));
    expect(await texts(page.locator("#rows .use-list"))).toEqual([
      "66.7 % of vpn",
      "33.3 % of vpn 100.0 % of rest",
      "stands by in vpn",
    ]);
    expect(await texts(page.locator("#table thead th:visible"))).not.toContain("Flows");
    expect(await texts(page.locator("#totals > div"))).toEqual([
      "Pools healthy 2 of 2",
      "Up 3 of 3",
      "In use 2",
      expect.stringMatching(/^Flaps in 1h \d+$/),
      expect.stringContaining("Uptime"),
    ]);
  });

  test("are found by the names of their pools, and name only some of many pools", async () => {
    const { page } = await show(EIGHT);
    await page.locator("#text").fill("servers");
    expect(new Set(await page.locator("#rows .address").allTextContents())).toEqual(new Set([7, 8, 9].map(addressOf)));
    const many = range(1, 5).map((number) => ({ ...REST, name: `pool${number}` }));
    const other = await show({ ...TWO, pools: many });
    expect((await texts(other.page.locator("#rows .use-list")))[1]).toBe(
      "100.0 % of pool1 100.0 % of pool2 100.0 % of pool3 and 2 more",
    );
  });

  test("say so where no pool has them", async () => {
    const { page } = await show({ ...TWO, pools: [REST] });
    expect(await page.locator("#rows .word").allTextContents()).toEqual(["up, in no pool", "up", "up, in no pool"]);
  });
});

describe("weights and tiers of the one pool without a name", () => {
  test("have columns where they differ only, and leave room for the others", async () => {
    const heads = async ({ page }: Tab) => texts(page.locator("#table thead th:visible"));
    const tab = await show({ gateways: 3, names: [...NAMES.slice(0, 2), LONGEST], weights: [2, 1, 1], tier2: [3] });
    for (const width of [900, 1099, 1100, 1199, 1200, DESKTOP.width, 1440]) {
      await tab.page.setViewportSize({ width, height: 800 });
      expect([width, await overflowing(tab)]).toEqual([width, []]);
    }
    const [before, after] = [
      ["Gateway", "State", "Last 5m", "Flows"],
      ["p50", "p95", "Flaps", "Reason"],
    ];
    expect(await heads(tab)).toEqual([...before, "Tier", "Weight", ...after]);
    expect(await texts(tab.page.locator("#rows .weight"))).toEqual(["2", "1", "1"]);
    tab.replay.show(statusOf({ gateways: 3 }));
    await tab.page.locator("#table thead .weight").waitFor({ state: "hidden" });
    expect(await heads(tab)).toEqual([...before, ...after]);
  });
});
