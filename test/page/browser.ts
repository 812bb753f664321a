/** Debian's Chromium, and tabs in it that record requests and complaints. */
import { expect, onTestFinished } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { source as axe } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

import { SYSTEM_PATH } from "../e2e/lab/executable.ts";
import { IP, type Namespace } from "../e2e/lab/namespace.ts";

const CHROMIUM = "/usr/bin/chromium";

/** No background activity, and no sandbox, which is not available to root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

/** A browser inside a namespace, or on this machine. The caller closes it. */
export async function startBrowser(
  space?: Namespace,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), "chromium-"));
  const executablePath = join(folder, "chromium");
  const inside = space ? `${IP} netns exec ${space.name} ` : "";
  writeFileSync(executablePath, `#!/bin/sh\nexec ${inside}${CHROMIUM} "$@"\n`, { mode: 0o755 });
  const browser = await chromium.launch({
    executablePath,
    args: [...FLAGS, ...flags],
    env: { PATH: SYSTEM_PATH, HOME: folder, TMPDIR: folder, ...env },
  });
  browser.on("disconnected", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return browser;
}

/** A browser for the current test, which is closed at its end. */
export async function openBrowser(space?: Namespace): Promise<Browser> {
  const browser = await startBrowser(space);
  onTestFinished(() => browser.close());
  return browser;
}

export interface Tab {
  readonly page: Page;
  /** The paths of all requests of the page. */
  readonly requests: string[];
  /** Messages of the browser's console, and errors of the page. */
  readonly complaints: string[];
  /** Number of documents loaded. */
  readonly loads: () => number;
}

export interface TabOptions extends BrowserContextOptions {
  /** Complaints that the test provokes. */
  readonly expected?: RegExp;
  /** Whether time advances only by `page.clock`. */
  readonly stopped?: boolean;
}

/** Opens a page. At the end of the test it must have made no request to another origin, and have no complaints. */
export async function openTab(
  browser: Browser,
  url: string,
  { expected, stopped, ...options }: TabOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  const page = await context.newPage();
  const { origin } = new URL(url);
  const elsewhere: string[] = [];
  const requests: string[] = [];
  const complaints: string[] = [];
  let loads = 0;
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.protocol === "data:") return;
    if (asked.origin === origin) requests.push(asked.pathname);
    else elsewhere.push(request.url());
  });
  page.on("console", (message) => void complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => void complaints.push(String(error)));
  page.on("load", () => void loads++);
  await page.addInitScript(
    'addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective));',
  );
  onTestFinished(() => {
    expect(elsewhere).toEqual([]);
    expect(complaints.filter((one) => !expected?.test(one))).toEqual([]);
  });
  if (stopped) await page.clock.install();
  await page.goto(url);
  return { page, requests, complaints, loads: () => loads };
}

/** The accessibility problems that axe finds, including violations of best practices. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<{ id: string; nodes: { target: string[]; failureSummary: string }[] }[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
  );
}

/** By how many pixels the page is wider than its window. */
export async function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate("document.scrollingElement.scrollWidth - innerWidth");
}
