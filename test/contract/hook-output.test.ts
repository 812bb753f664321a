/** What a hook prints: in the log always, on page and API only with a password or by an option. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Config } from "../../src/config/model.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createEventBus } from "../../src/events/bus.ts";
import type { ServiceEvent } from "../../src/events/events.ts";
import { createObservers } from "../../src/service/observers.ts";
import type { LogEntries } from "../../src/status/schema.ts";
import { until } from "../e2e/lab/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "grm-hook-"));
const script = join(folder, "notify");
writeFileSync(script, "#!/bin/sh\ncat >/dev/null\necho token=S3cr3t >&2\nexit 3\n", { mode: 0o755 });
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
process.on("exit", () => rmSync(folder, { recursive: true }));

function configOf(flags: Record<string, string>): Config {
  const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.1", "on-change": script };
  const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const GATEWAY: ServiceEvent = {
  ...{ type: "gateway", gateway: "10.0.0.1", before: "unknown", status: "down", detail: "timeout after 1s" },
  ...{ up: 0, down: 1, total: 1 },
};

/** Lets the hook run, and returns the lines of the log and those that the API serves. */
async function run(flags: Record<string, string>, reloaded?: Record<string, string>) {
  const lines: string[] = [];
  const log = Object.assign((_: string, text: string) => void lines.push(text), { writes: () => true });
  const report = { ok: true, why: "" };
  const reports = { health: () => report, readiness: () => report, standings: () => [report] };
  const { emit, subscribe } = createEventBus();
  const observers = await createObservers({ config: configOf(flags), log, emit, reports });
  ends.push(() => observers.endHooks());
  subscribe(...observers.listeners);
  if (reloaded) await (await observers.reload(configOf(reloaded)))();
  emit(GATEWAY);
  await until(
    "the end of the hook",
    () => lines.join("\n"),
    (text) => text.includes("exit status 3"),
  );
  const response = await observers.routes["/api/v1/log"]!(new Request("http://router/api/v1/log"));
  const { entries } = (await response.json()) as LogEntries;
  return { logged: lines.join("\n"), served: entries.map(({ text }) => text).join("\n") };
}

test.each([
  ["without a password they stay in the log", {}, false],
  ["with a password they are served", { "http-password": "secret" }, true],
  ["with -show-hook-output they are served", { "show-hook-output": "true" }, true],
])("lines that a hook prints: %s", async (_, flags, isServed) => {
  const { logged, served } = await run(flags);
  expect(logged).toContain("-on-change output: token=S3cr3t");
  expect(served.includes("S3cr3t")).toBe(isServed);
  expect(served).toContain("exit status 3");
});

test("a reload changes whether lines that a hook prints are served", async () => {
  expect((await run({}, { "show-hook-output": "true" })).served).toContain("S3cr3t");
  expect((await run({ "show-hook-output": "true" }, {})).served).not.toContain("S3cr3t");
});
