/** The page of gateways with names, in a real browser. */
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";

import { DESKTOP, openTab, PHONE, sidewaysScroll, startBrowser, type Tab, violations } from "./browser.ts";
import { Replay } from "./replay.ts";
import { addressOf, type Service } from "./synthetic.ts";

setDefaultTimeout(120_000);

let browser: Browser;
beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser.close());

const LONGEST = "a-name-of-sixty-three-characters-which-is-the-longest-there-is.";

async function show(service: Service): Promise<Tab & { readonly replay: Replay }> {
  const replay = new Replay(service);
  onTestFinished(() => replay.close());
  const tab = await openTab(browser, replay.url);
  await tab.page.locator("#rows tr").first().waitFor();
  return { ...tab, replay };
}

test.each([
  [3, ["sweden", LONGEST]],
  [160, Array.from({ length: 160 }, (_, index) => `${index}${LONGEST}`.slice(0, 63))],
])("the page of %i gateways with names is accessible and fits into any window", async (gateways, names) => {
  const { page } = await show({ gateways, names, down: [1], ddns: "well" });
  for (const viewport of [PHONE, DESKTOP]) {
    await page.setViewportSize(viewport);
    expect(await violations(page)).toEqual([]);
  }
  for (const width of [320, PHONE.width, 768, 1024, DESKTOP.width]) {
    await page.setViewportSize({ width, height: 800 });
    expect([width, await sidewaysScroll(page)]).toEqual([width, 0]);
  }
});

test("names are shown with the addresses, in the flows as well, and gateways without one by their address", async () => {
  const { page } = await show({ gateways: 3, names: ["sweden", "norway"] });
  expect(await page.locator("#rows .name:visible").allTextContents()).toEqual(["sweden", "norway"]);
  expect(await page.locator("#rows .address").allTextContents()).toEqual([1, 2, 3].map(addressOf));
  expect(await page.locator("#routes .bar span").allTextContents()).toEqual(["sweden", "norway", addressOf(3)]);
  expect(await page.locator("#routes .bar span").first().getAttribute("title")).toBe(`sweden (${addressOf(1)}) 33.3 %`);
  expect(await page.locator("#rows .chart").first().getAttribute("aria-label")).toStartWith(
    `sweden (${addressOf(1)}), `,
  );
});

test("gateways are found by their names", async () => {
  const { page } = await show({ gateways: 8, names: ["sweden", "norway"] });
  await page.locator("#text").fill("norw");
  expect(await page.locator("#rows .address").allTextContents()).toEqual([addressOf(2)]);
});

test("several DNS names stand below each other, each with its own state, and come and go", async () => {
  const service = { gateways: 3, ddns: "well" } as const;
  const { page, replay } = await show({ ...service, moreDnsNames: ["sweden.example.com", "norway.example.com"] });
  const names = page.locator("#dns [data-part=dns-name]");
  const [first, ...others] = await names.allTextContents();
  expect(others).toEqual(["sweden.example.com", "norway.example.com"]);
  expect(await page.locator("#dns [data-part=dns-gateway]:visible").allTextContents()).toEqual(["sweden", "norway"]);
  expect(await page.locator("#dns [data-part=dns-addresses]:visible").count()).toBe(3);
  expect(await violations(page)).toEqual([]);
  for (const width of [320, 768, DESKTOP.width]) {
    await page.setViewportSize({ width, height: 800 });
    expect([width, await sidewaysScroll(page)]).toEqual([width, 0]);
  }
  replay.becomes({ ...service, moreDnsNames: ["norway.example.com"] });
  await names.nth(2).waitFor({ state: "detached" });
  expect(await names.allTextContents()).toEqual([first!, "norway.example.com"]);
  replay.becomes(service);
  await names.nth(1).waitFor({ state: "detached" });
});
