/** The page of services that probe targets beyond their gateways, in a real browser. */
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";

import { DESKTOP, openTab, PHONE, sidewaysScroll, startBrowser, type Tab, violations } from "./browser.ts";
import { Replay } from "./replay.ts";
import { type Service, statusOf } from "./synthetic.ts";

setDefaultTimeout(120_000);

let browser: Browser;
beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser.close());

const ICMP = "icmp 1.1.1.1, 9.9.9.9";

async function show(service: Service): Promise<Tab & { replay: Replay }> {
  const replay = new Replay({ ...service, through: true });
  onTestFinished(() => replay.close());
  const tab = await openTab(browser, replay.url);
  await tab.page.locator("#rows tr").first().waitFor();
  return { ...tab, replay };
}

test.each([1, 160])("the page of %i gateways with probers is accessible and fits into any window", async (gateways) => {
  const { page } = await show({ gateways, down: [1] });
  for (const viewport of [PHONE, DESKTOP]) {
    await page.setViewportSize(viewport);
    expect(await violations(page)).toEqual([]);
  }
  for (const width of [320, PHONE.width, 768, 1024, DESKTOP.width]) {
    await page.setViewportSize({ width, height: 800 });
    expect([width, await sidewaysScroll(page)]).toEqual([width, 0]);
  }
  expect(await page.locator("#rows .probers li").count()).toBe(2 * gateways);
});

test("each gateway has its probers with loss and latency, and the reason of those that fail", async () => {
  const { page } = await show({ gateways: 3, down: [2] });
  const texts = await page.locator("#rows tr .reason").allInnerTexts();
  expect(texts[0]).toMatch(/^\s*http up\s+icmp 1\.1\.1\.1, 9\.9\.9\.9 up, loss 0\.0 %, 11\.1 ms\s*$/);
  expect(texts[1]).toStartWith(`${ICMP}: no answer through it`);
  expect(texts[1]).toContain(`${ICMP} down, loss 100.0 %`);
  expect(await page.locator("#rows tr .chart .loss").first().getAttribute("d")).toStartWith("M0 0H1V4.8");
  expect(await page.locator("#rows tr .chart").first().getAttribute("aria-label")).toContain("loss up to 20.0 %");
});

test("targets at fault are shown until they answer again, and loss is in the legend", async () => {
  const { page, replay } = await show({ gateways: 1 });
  await page.getByText(`${ICMP}: target 9.9.9.9 is at fault itself and not counted`).waitFor();
  expect(await page.locator("#loss-key").isVisible()).toBe(true);
  replay.show({ ...statusOf({ gateways: 1, through: true }), targetsAtFault: [] });
  await page.locator("#targets").waitFor({ state: "hidden" });
  replay.becomes({ gateways: 1 });
  await page.locator("#loss-key").waitFor({ state: "hidden" });
  expect(await page.locator("#rows .probers").isHidden()).toBe(true);
});
