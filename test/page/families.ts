/** The page of gateways with addresses of both families, in a real browser. */
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";

import { DESKTOP, openTab, PHONE, sidewaysScroll, startBrowser, type Tab, violations } from "./browser.ts";
import { Replay } from "./replay.ts";
import { addressOf, type Service } from "./synthetic.ts";
import { address6Of, statusOfBoth } from "./synthetic-families.ts";

setDefaultTimeout(120_000);

let browser: Browser;
beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser.close());

async function show(service: Service, down6: readonly number[]): Promise<Tab> {
  const replay = new Replay(service);
  replay.show(statusOfBoth(service, down6));
  onTestFinished(() => replay.close());
  const tab = await openTab(browser, replay.url);
  await tab.page.locator("#rows tr").first().waitFor();
  return tab;
}

const NAMES = ["sweden", "norway", "a-name-of-sixty-three-characters-which-is-the-longest-there-is."];

test.each([3, 40])(
  "the page of %i gateways with two addresses is accessible and fits into any window",
  async (gateways) => {
    const { page } = await show({ gateways, names: NAMES, ddns: "well" }, [2]);
    for (const viewport of [PHONE, DESKTOP]) {
      await page.setViewportSize(viewport);
      expect(await violations(page)).toEqual([]);
    }
    for (const width of [320, PHONE.width, 768, 1024, DESKTOP.width]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await sidewaysScroll(page)]).toEqual([width, 0]);
    }
  },
);

test("on a phone, an address of IPv6 ends where the chart begins", async () => {
  const { page } = await show({ gateways: 2, names: NAMES }, []);
  await page.setViewportSize(PHONE);
  const edges = await page.locator("#rows tr").evaluateAll((rows) =>
    rows.map((row) => {
      const range = row.ownerDocument.createRange();
      range.selectNodeContents(row.querySelector(".address")!);
      return [range.getBoundingClientRect().right, row.querySelector(".chart")!.getBoundingClientRect().left];
    }),
  );
  for (const [end, begin] of edges) expect(end!).toBeLessThanOrEqual(begin!);
});

test("each address has a row with its state, and each family its flows", async () => {
  const { page } = await show({ gateways: 2, names: ["sweden", "norway"] }, [2]);
  expect(await page.locator("#rows .address").allTextContents()).toEqual([
    addressOf(1),
    address6Of(1),
    addressOf(2),
    address6Of(2),
  ]);
  expect(await page.locator("#rows .name").allTextContents()).toEqual(["sweden", "sweden", "norway", "norway"]);
  expect(await page.locator("#rows .word").allTextContents()).toEqual(["up", "up", "up", "down"]);
  expect(await page.locator("#routes .to").allTextContents()).toEqual(["0.0.0.0/0", "::/0"]);
  expect(await page.locator("#verdict-why").textContent()).toBe("IPv6: 1 of 2 gateways are up");
  expect(await page.locator("#kernel-exclusions").textContent()).toBe("18 of IPv4, 9 of IPv6");
  expect(await page.locator("#total-up").textContent()).toBe("3 of 4");
});

test("without names, the second address stands below the first one of its gateway", async () => {
  const { page } = await show({ gateways: 1 }, []);
  expect(await page.locator("#rows .name:visible").allTextContents()).toEqual([addressOf(1)]);
  expect(await page.locator("#rows .address").allTextContents()).toEqual([addressOf(1), address6Of(1)]);
});

test("addresses are sorted as numbers, those of IPv4 first", async () => {
  const { page } = await show({ gateways: 12 }, []);
  await page.locator("#order").selectOption("address");
  const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
  const shown = await page.locator("#rows .address").allTextContents();
  expect(shown).toEqual([...numbers.map(addressOf), ...numbers.map(address6Of)]);
});
