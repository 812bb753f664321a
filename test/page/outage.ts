/** The page of the compiled executable while gateways fail and return, and while the service restarts. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { addressOf, CLIENT, type Lab, openLab, refusing } from "../e2e/lab/index.ts";
import { answering } from "../fakes/gateway.ts";
import { openBrowser, openTab, type Tab, type TabOptions, violations } from "./browser.ts";

setDefaultTimeout(120_000);

/** The page by the router's address in the client network. */
const URL = `http://${CLIENT.replace(/\d+$/, "1")}:9090/`;

/** Timings with which a busy machine does not make gateways fail. */
const CALM = { "check-period": "1s", timeout: "1s" };

/** Errors of a browser while the service is down. */
const GONE =
  /^error: Failed to load resource: net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET)/;

/** Opens the page in a browser on the client of the lab. */
async function openPage(lab: Lab, options: TabOptions = {}): Promise<Tab> {
  return openTab(await openBrowser(lab.client), URL, options);
}

test("the failure and the return of a gateway are shown as they happen", async () => {
  const lab = await openLab();
  const daemon = lab.start(CALM);
  await daemon.untilReady();
  const { page, loads } = await openPage(lab);
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  expect(await page.locator("#rows .word").allTextContents()).toEqual(["up", "up", "up"]);
  expect(await page.locator("#routes .words").textContent()).toBe("3 gateways, 33.3 % each");
  expect(await violations(page)).toEqual([]);

  lab.gateway(2).becomes(answering(503));
  await page.locator("h1", { hasText: "Degraded" }).waitFor();
  const row = page.locator("#rows tr", { hasText: addressOf(2) });
  await row.locator(".word", { hasText: "down" }).waitFor();
  expect(await row.locator(".why").textContent()).toBe("status 503");
  await row.locator(".share", { hasText: /^-$/ }).waitFor();
  expect(await row.locator(".chart .failed").getAttribute("d")).toMatch(/^M/);
  expect(await page.locator("#routes .bar span").allTextContents()).toEqual([addressOf(1), addressOf(3)]);
  await page.getByText(`gateway ${addressOf(2)} down: status 503 (2 of 3 healthy)`).waitFor();

  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await page.locator("h1", { hasText: "Down" }).waitFor();
  await page.locator("#flows-empty").waitFor();
  expect(await page.title()).toStartWith("Down · ");
  expect(await violations(page)).toEqual([]);

  for (const gateway of lab.gateways) gateway.becomes(answering(200));
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  expect(await page.locator("#routes .bar span").count()).toBe(3);
  expect(await row.locator(".flaps .lately").textContent()).toBe("1 in 1h");
  expect(loads()).toBe(1);
});

test("the page tells a stop of the service from a lost connection, and continues after both", async () => {
  const lab = await openLab({ gateways: 2 });
  const env = { GRM_HTTP_PASSWORD: "open sesame" };
  const first = lab.start(CALM, { env });
  await lab.untilRouted([1, 2]);
  const credentials = { username: "anybody", password: "open sesame" };
  const { page, loads } = await openPage(lab, { httpCredentials: credentials, expected: GONE });
  await page.locator("#link[data-kind=live]").waitFor();
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  await page.locator("#log-scroll").focus();

  await first.stop();
  await page
    .locator("#notice", { hasText: /^\s*The service was stopped at .+ \(SIGTERM\)\. The page shows the state of / })
    .waitFor();
  expect(await page.locator("h1").textContent()).toBe("Stopped");
  expect(await page.locator("#traffic").innerText()).toBe("takes the normal routing tables");
  expect(await page.title()).toStartWith("Stopped · ");
  expect(await violations(page)).toEqual([]);
  const second = lab.start(CALM, { env });
  await page.locator("#link[data-kind=live]").waitFor();
  await page.locator("h1", { hasText: "Healthy" }).waitFor();

  await second.kill();
  await page.locator("#notice", { hasText: "Connection lost: the service is unreachable" }).waitFor();
  await page.locator("#link-text", { hasText: /^Disconnected, data \S+ old$/ }).waitFor();
  expect(await page.title()).toStartWith("Connection lost · ");
  expect(await violations(page)).toEqual([]);

  lab.start(CALM, { env });
  await page.locator("#link[data-kind=live]").waitFor();
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  expect(await page.locator("#notice").isHidden()).toBe(true);
  expect(await page.locator("#entries .text", { hasText: /^probing / }).count()).toBe(3); // of all runs, each once
  expect(await page.evaluate("document.activeElement.id")).toBe("log-scroll");
  expect(loads()).toBe(1);
});

test("a page whose password is no longer valid says so and stops its requests", async () => {
  const lab = await openLab({ gateways: 1 });
  const first = lab.start({ ...CALM, "http-password": "one" });
  await lab.untilRouted([1]);
  const expected = new RegExp(`${GONE.source}|status of 401`);
  const tab = await openPage(lab, { httpCredentials: { username: "anybody", password: "one" }, expected });
  await tab.page.locator("#link[data-kind=live]").waitFor();
  await first.stop();
  lab.start({ ...CALM, "http-password": "two" });
  await tab.page.locator("#notice", { hasText: "requires the password again" }).waitFor();
  await tab.page.getByRole("button", { name: "Reload" }).waitFor();
  const asked = tab.requests.length;
  await tab.page.evaluate("dispatchEvent(new Event('online'))"); // would have it asked at once
  await tab.page.evaluate("new Promise((resolve) => setTimeout(resolve))");
  expect(tab.requests.slice(asked)).toEqual([]);
});

test("two pools of a file are shown as they change, also by a reload", async () => {
  const file = readFileSync(join(import.meta.dir, "../unit/config/file/pools.toml"), "utf8")
    .replace("500ms", CALM.timeout)
    .replaceAll(/10\.77\.0\.1(\d)/g, (_, last) => addressOf(Number(last) + 1));
  const lab = await openLab();
  const daemon = lab.startWithFile(file);
  await daemon.untilReady();
  const { page, loads } = await openPage(lab);
  const pool = (name: string) => page.locator(".pool", { has: page.locator("strong", { hasText: name }) });
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  await pool("vpn").locator("[data-part=usable]", { hasText: "3 of 3 usable, tier 1 in use" }).waitFor();
  expect(await page.locator("#rows .use-list").allInnerTexts()).toEqual([
    expect.stringMatching(/^\d\d\.\d % of vpn$/),
    expect.stringMatching(/^\d\d\.\d % of vpn\s+100\.0 % of rest$/),
    "stands by in vpn",
  ]);

  for (const number of [1, 2]) lab.gateway(number).becomes(refusing);
  await pool("vpn").locator("[data-part=usable]", { hasText: "1 of 3 usable, tier 2 in use" }).waitFor();
  await pool("rest").locator(".head", { hasText: "Down: no gateway carries traffic" }).waitFor();
  await pool("vpn").locator("summary").click();
  await pool("vpn").locator("tbody tr", { hasText: "lte" }).locator(".share", { hasText: "100.0 %" }).waitFor();
  await page.locator("#entries .text", { hasText: "pool vpn: all traffic now uses tier 2 (lte)" }).waitFor();
  expect(await violations(page)).toEqual([]);

  for (const gateway of lab.gateways) gateway.becomes(answering(200));
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  writeFileSync(String(daemon.flags["config"]), file.replace('name = "rest"', 'name = "others"'));
  daemon.signal("SIGHUP");
  await pool("others").waitFor();
  await pool("rest").waitFor({ state: "detached" });
  await page.locator("h1", { hasText: "Healthy" }).waitFor();
  expect(await pool("vpn").locator("tbody").isVisible()).toBe(true);
  expect(loads()).toBe(1);
});
