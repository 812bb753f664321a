/** The page in a real browser, with synthetic services of any size and condition. */
import { afterAll, beforeAll, describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";

import type { Status } from "../../src/status/schema.ts";
import { until } from "../e2e/lab/wait.ts";
import {
  DESKTOP,
  openTab,
  PHONE,
  sidewaysScroll,
  startBrowser,
  type Tab,
  type TabOptions,
  violations,
} from "./browser.ts";
import { Replay } from "./replay.ts";
import { addressOf, type Service, statusOf } from "./synthetic.ts";

setDefaultTimeout(120_000);

let browser: Browser;
beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser.close());

const MIXED = { down: [2], leftOut: [4], ddns: "well" } as const;

async function show(service: Service, options: TabOptions = {}): Promise<Tab & { replay: Replay }> {
  const replay = new Replay(service);
  onTestFinished(() => replay.close());
  const tab = await openTab(browser, replay.url, options);
  await tab.page.locator("#rows tr").first().waitFor();
  return { ...tab, replay };
}

const rows = async ({ page }: Tab): Promise<string[]> => page.locator("#rows .address").allTextContents();

describe("the page of", () => {
  const services: Service[] = [
    { gateways: 1 },
    { gateways: 10, ...MIXED, ddns: "failing", trouble: "the rule is missing: RTNETLINK answers: No such file" },
    { gateways: 100, ...MIXED, routes: Array.from({ length: 30 }, (_, index) => `${index + 1}.0.0.0/8`) },
    { gateways: 160, down: Array.from({ length: 160 }, (_, index) => index + 1), ddns: "off duty" },
  ];
  const cases = services.flatMap((service) =>
    (["light", "dark"] as const)
      .filter((scheme) => service.gateways < 160 || scheme === "dark")
      .map((scheme) => [service.gateways, scheme, service] as const),
  );

  test.each(cases)(
    "%i gateways in the %s scheme is accessible and fits into windows of any width",
    async (_, scheme, service) => {
      const tab = await show(service, { colorScheme: scheme });
      for (const viewport of [PHONE, DESKTOP]) {
        await tab.page.setViewportSize(viewport);
        expect(await violations(tab.page)).toEqual([]);
      }
      for (const width of [320, PHONE.width, 768, 1024, DESKTOP.width]) {
        await tab.page.setViewportSize({ width, height: 800 });
        expect([width, await sidewaysScroll(tab.page)]).toEqual([width, 0]);
      }
      expect(await rows(tab)).toHaveLength(service.gateways);
      // While the machine is busy for long, the page may also request the status.
      expect(tab.requests.filter((path) => path !== "/api/v1/status").toSorted()).toEqual(["/", "/api/v1/events"]);
    },
  );

  test("two gateways is a table for screen readers, also where it looks like cards", async () => {
    const { page } = await show({ gateways: 2, ...MIXED }, { viewport: PHONE });
    const tree = await page.locator("#gateways table").ariaSnapshot();
    expect(tree.match(/columnheader /g)).toHaveLength(8);
    expect(tree).toMatch(/rowheader "192\.168\.1\.11/);
    expect(tree).toMatch(/cell "down for \S+/);
    expect(tree).toMatch(/img "192\.168\.1\.11, last 5m: down for [^"]+ failed probes, responses in/);
  });
});

describe("live", () => {
  test("a change is shown in place, and unchanged elements are not touched", async () => {
    const tab = await show({ gateways: 100, ...MIXED });
    const { page, replay } = tab;
    await page.evaluate(`
      globalThis.touched = [];
      for (const row of document.querySelectorAll("#rows tr")) row.seen = true;
      new MutationObserver((records) => touched.push(...records.map(({ target }) =>
        (target.nodeType === 1 ? target : target.parentElement).closest("[id], .since, .when, .reason, tr")?.className ?? "")))
        .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    `);
    replay.becomes({ gateways: 100, ...MIXED });
    replay.log("info", "the same once more");
    await page.getByText("the same once more").waitFor();
    await until(
      "a second status",
      async () => page.evaluate("touched.length"),
      (count) => (count as number) > 0,
    );
    const others = (await page.evaluate<string[]>("touched")).filter((one) => one !== "since" && one !== "when");
    expect(others.length).toBeLessThan(20); // the log entry, and figures that tick

    replay.becomes({ gateways: 100, down: [2, 77], leftOut: [4], ddns: "well" });
    await page.locator("h1 + p", { hasText: "98 of 100" }).waitFor();
    expect((await rows(tab)).slice(0, 3)).toEqual([addressOf(2), addressOf(77), addressOf(4)]);
    expect(await page.evaluate("[...document.querySelectorAll('#rows tr')].every(({ seen }) => seen)")).toBe(true);
  });

  test("an update of 100 gateways takes less time than their first display", async () => {
    const { page, replay } = await show({ gateways: 100, ...MIXED });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const busy = async (): Promise<number> => {
      const { metrics } = await session.send("Performance.getMetrics");
      const parts = ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration"];
      return metrics.reduce((sum, { name, value }) => sum + (parts.includes(name) ? value : 0), 0);
    };
    await page.reload();
    await page.locator("#rows tr").nth(99).waitFor();
    const first = await busy();
    const updates = 5;
    for (let update = 1; update <= updates; update++) {
      replay.becomes({ gateways: 100, ...MIXED, later: update * 5, trouble: `trouble ${update}` });
      await page.locator("#standing", { hasText: `trouble ${update}` }).waitFor();
    }
    const each = ((await busy()) - first) / updates;
    console.error(`busy for ${Math.round(first * 1000)} ms at first, ${Math.round(each * 1000)} ms for each update`);
    expect(each / first).toBeLessThan(0.8); // a third, mostly
  });

  test("focus, selection and scroll survive updates", async () => {
    const { page, replay } = await show({ gateways: 100, ...MIXED });
    const field = page.locator("#text");
    await field.fill("192.168.1.1");
    await field.press("Shift+ArrowLeft");
    await page.evaluate("scrollTo(0, 150)");
    const state = () =>
      page.evaluate(
        "[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.value, scrollY]",
      );
    const before = await state();
    expect(before).toEqual(["text", 10, "192.168.1.1", 150]);
    replay.becomes({ gateways: 100, down: [2, 3, 5], ddns: "failing" });
    await page.locator("h1 + p", { hasText: "97 of 100" }).waitFor();
    expect(await state()).toEqual(before);
    await page.locator("#log-scroll").focus();
    replay.log("warn", "one more line");
    await page.getByText("one more line").waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("log-scroll");
  });

  test("a new verdict is announced to screen readers, and nothing else", async () => {
    const { page, replay } = await show({ gateways: 10 });
    await page.evaluate(`
      globalThis.said = [];
      new MutationObserver(() => said.push(document.querySelector("[role=status]").textContent))
        .observe(document.querySelector("[role=status]"), { childList: true, characterData: true, subtree: true });
    `);
    for (const down of [[], [3], [3, 4], [3]]) {
      replay.becomes({ gateways: 10, down });
      await page.locator("h1 + p", { hasText: down.length ? `${10 - down.length} of 10` : "All 10" }).waitFor();
    }
    replay.becomes({ gateways: 10 });
    await page.locator("h1", { hasText: "Healthy" }).waitFor();
    expect(await page.evaluate("said")).toEqual([
      "Degraded: 9 of 10 gateways are up",
      "Healthy: all 10 gateways are up",
    ]);
    expect(await page.locator("[aria-live], [role=log], [role=alert], [role=status]").count()).toBe(1);
  });

  test("ages grow without events, and after a silence the page requests the status", async () => {
    const { page, requests } = await show({ gateways: 1 }, { stopped: true });
    expect(await page.locator("#kernel-seen").textContent()).toBe("0s ago");
    await page.clock.runFor(7000);
    expect(await page.locator("#kernel-seen").textContent()).toMatch(/^[67]s ago$/);
    expect(await page.locator("#link-text").textContent()).toMatch(/^Live, data [67]s old$/);
    expect(requests).not.toContain("/api/v1/status");
    await page.clock.runFor(14_000);
    await page.locator("#link-text", { hasText: /^Live$/ }).waitFor();
    expect(requests).toContain("/api/v1/status");
  });
});

describe("by keyboard", () => {
  const focused = (tab: Tab) =>
    tab.page.evaluate<{ name: string; outlined: boolean }>(`(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return {
        name: element === document.body ? "body" : element.id || element.textContent.trim(),
        outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
      };
    })()`);

  test("every control can be reached and left, and has a visible focus", async () => {
    const tab = await show({ gateways: 100, ...MIXED });
    const walk = async (key: string): Promise<string[]> => {
      const names: string[] = [];
      for (;;) {
        await tab.page.keyboard.press(key);
        const { name, outlined } = await focused(tab);
        if (name === "body" || name === names[0]) return names; // once around
        expect([name, outlined]).toEqual([name, true]);
        names.push(name);
      }
    };
    const there = await walk("Tab");
    const parts = ["Flows", "Gateways", "Kernel", "dns-link", "Log"];
    const tools = ["text", "details", "only", "order", "log-scroll"];
    expect(there).toEqual(["Skip to the gateways", ...parts, ...tools, "status", "log", "metrics", "API"]);
    expect(await walk("Shift+Tab")).toEqual(there.toReversed());
  });

  test("the first link skips to the gateways", async () => {
    const tab = await show({ gateways: 100, ...MIXED });
    await tab.page.keyboard.press("Tab");
    expect(await tab.page.locator(".skip").boundingBox()).toMatchObject({ y: 8 });
    await tab.page.keyboard.press("Enter");
    expect((await focused(tab)).name).toBe("gateways");
    await tab.page.keyboard.press("Tab");
    expect((await focused(tab)).name).toBe("text");
  });

  test("gateways can be filtered and sorted", async () => {
    const tab = await show({ gateways: 100, ...MIXED });
    const { page } = tab;
    await page.locator("#text").fill("timeout");
    expect(await rows(tab)).toEqual([addressOf(2)]);
    await page.locator("#text").fill("no such thing");
    expect(await rows(tab)).toEqual([]);
    expect(await page.locator("#gateways-empty").isVisible()).toBe(true);
    await page.locator("#text").fill("");
    await page.locator("#only").selectOption("attention");
    expect(await rows(tab)).toEqual([addressOf(2), addressOf(4)]);
    await page.locator("#only").selectOption("all");
    await page.locator("#order").selectOption("address");
    expect((await rows(tab)).slice(0, 3)).toEqual([1, 2, 3].map(addressOf));
  });
});

describe("with unusual content,", () => {
  test("states, verdicts and route types that the page does not know are shown as text", async () => {
    const strange = JSON.parse(JSON.stringify(statusOf({ gateways: 2, ddns: "well" }))) as Record<string, never> &
      Status;
    Object.assign(strange, { verdict: "confused", more: {} });
    Object.assign(strange.gateways[0]!, { state: "held down", more: [1] });
    Object.assign(strange.routing.routes[0]!, { type: "unreachable", nexthops: [], shares: [] });
    const tab = await show({ gateways: 2, ddns: "well" });
    tab.replay.show(strange);
    await tab.page.locator("h1", { hasText: "Confused" }).waitFor();
    expect(await tab.page.locator("#rows .word").allTextContents()).toEqual(["held down", "up"]);
    expect(await tab.page.locator("#routes .words").textContent()).toBe("unreachable: packets are not forwarded");
    expect(await violations(tab.page)).toEqual([]);
  });

  test("markup in texts is shown as text", async () => {
    const markup = "<img src=x onerror=\"document.title='caught'\"><script>document.title='caught'</script>";
    const tab = await show({ gateways: 1, trouble: markup });
    tab.replay.log("error", markup);
    await tab.page.locator("#entries .text", { hasText: markup }).waitFor();
    expect(await tab.page.locator("#standing").textContent()).toContain(markup);
    expect(await tab.page.locator("main img, main script").count()).toBe(0);
    expect(await tab.page.title()).toStartWith("Degraded · 127.0.0.1:");
  });

  test("times are in the time zone of the browser, and transitions follow its preference for reduced motion", async () => {
    const options = { timezoneId: "Asia/Tokyo", locale: "en-GB" };
    const { page } = await show({ gateways: 1 }, { ...options, reducedMotion: "reduce" });
    const time = page.locator("#entries time").last();
    expect(await time.getAttribute("datetime")).toBe("2026-03-04T14:26:52.000Z");
    expect(await time.textContent()).toBe("04/03/2026, 23:26:52");
    const moves = "getComputedStyle(document.querySelector('.bar span')).transitionDuration";
    expect(await page.evaluate(moves)).toBe("0s");
    const { page: other } = await show({ gateways: 1 }, { reducedMotion: "no-preference" });
    expect(await other.evaluate(moves)).toBe("0.3s");
  });

  test("the tab shows the verdict", async () => {
    const { page, replay } = await show({ gateways: 3 });
    const icon = () => page.locator("#icon").getAttribute("href");
    const healthy = await icon();
    expect(await page.title()).toBe(`Healthy · ${new URL(replay.url).host} · gateway-route-manager`);
    replay.becomes({ gateways: 3, down: [1, 2, 3] });
    await page.locator("h1", { hasText: "Down" }).waitFor();
    expect(await page.title()).toStartWith("Down · ");
    expect(await icon()).not.toBe(healthy);
  });
});

describe("the connection", () => {
  test("to an upgraded service loads its page once", async () => {
    const { page, replay, loads } = await show({ gateways: 2 });
    const newer = JSON.parse(JSON.stringify(statusOf({ gateways: 2 }))) as Status;
    Object.assign(newer.service, { version: "0.2.0", commit: "fedcba987654" });
    replay.show(newer);
    await page.locator("#version", { hasText: "0.2.0" }).waitFor();
    replay.show({ ...newer, why: "as before" });
    await page.locator("#verdict-why", { hasText: "As before" }).waitFor();
    expect(loads()).toBe(2);
  });

  const resourceErrors = /^error: Failed to load resource: /;

  test("falls back to polling while the service has no room for a stream", async () => {
    const replay = new Replay({ gateways: 2 });
    onTestFinished(() => replay.close());
    const others = Array.from({ length: 16 }, () => new AbortController());
    const answers = await Promise.all(others.map(({ signal }) => fetch(`${replay.url}api/v1/events`, { signal })));
    const tab = await openTab(browser, replay.url, { expected: resourceErrors });
    await tab.page.locator("#link[data-kind=polling]").waitFor();
    await tab.page.locator("#rows tr").first().waitFor();
    replay.becomes({ gateways: 2, down: [1] });
    await tab.page.locator("h1", { hasText: "Degraded" }).waitFor();
    expect(await tab.page.locator("#notice").isHidden()).toBe(true);
    expect(answers.map(({ bodyUsed }) => bodyUsed)).not.toContain(true); // unread until here, or the streams would be closed
    others[0]!.abort();
    await tab.page.locator("#link[data-kind=live]").waitFor();
  });
});
