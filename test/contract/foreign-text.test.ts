/** A foreign text with characters that are invisible or turn the direction of text, at each exit of the service. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findingsJson, findingsText } from "../../src/diagnose/format-findings.ts";
import { failure } from "../../src/diagnose/finding.ts";
import { commandTransport } from "../../src/hooks/command.ts";
import { hookEnvironment } from "../../src/hooks/environment.ts";
import { webhookTransport } from "../../src/hooks/webhook.ts";
import { createApi } from "../../src/http/api.ts";
import { SseStream } from "../../src/http/sse.ts";
import { Output } from "../../src/log/async-stdout.ts";
import { createLog, type Format } from "../../src/log/log.ts";
import { prettyJson } from "../../src/cli/status-view/pretty-json.ts";
import { renderStatus } from "../../src/cli/status-view/format.ts";
import type { LogEntries, Status } from "../../src/status/schema.ts";
import { notification } from "../unit/hooks/hooks.fixture.ts";
import { failed, setUp, turned } from "../unit/status/model.fixture.ts";

const EVIL = "status \u202e200\u2066 ok\u200b\u009b31m\u00ad\ufeff\u{e0041}";
const SHOWN = "status \\u202e200\\u2066 ok\\u200b\\u009b31m\\u00ad\\ufeff\\udb40\\udc41";
const UNSEEN =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;

const NEVER = new AbortController().signal;

/** A status whose gateway has failed for this reason. */
function evilStatus(): Status {
  const { record, status } = setUp();
  record(failed(1, EVIL), turned(1, "down"));
  return status();
}

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "grm-foreign-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a text becomes on standard output. */
async function written(write: (output: Output) => unknown): Promise<string> {
  const path = join(folder, "output");
  const descriptor = openSync(path, "w");
  const output = new Output(descriptor);
  write(output);
  await output.drained();
  closeSync(descriptor);
  return readFileSync(path, "utf8");
}

test.each<Format>(["text", "logfmt", "json"])("a log as %s has it escaped", async (format) => {
  const text = await written((output) => createLog("info", format, output)("warn", EVIL, { reason: EVIL }));
  expect(text.replaceAll(/\x1b\[\d+m/g, "")).not.toMatch(UNSEEN);
  expect(text).toContain("\\u202e");
});

test("what commands print has it escaped, as text and as JSON", async () => {
  const status = evilStatus();
  const finding = [failure("gateway", EVIL, EVIL)];
  const look = { width: 200, colour: false };
  for (const text of [
    renderStatus(status, look),
    prettyJson(status),
    findingsText(finding, look),
    findingsJson(finding),
  ]) {
    const shown = await written((output) => output.write(text));
    expect(shown).not.toMatch(UNSEEN);
    expect(shown).toContain("\\u202e200");
  }
});

test("the API has it escaped in its values, so that a page shows what is there", async () => {
  const entries = [{ id: 1, time: "2026-01-02T03:04:05Z", level: "warn", text: EVIL }] as const;
  const stream = new SseStream({ status: evilStatus, entriesSince: () => entries });
  const log = (): LogEntries => ({ entries: [...entries] });
  const api = createApi({ status: evilStatus, log, events: stream.handler, version: "1", protected: true });
  for (const path of ["/api/v1/status", "/api/v1/log"]) {
    const text = await (await api[path]!(new Request(`http://router${path}`))).text();
    expect(text).not.toMatch(UNSEEN);
    expect(JSON.stringify(JSON.parse(text))).toContain(JSON.stringify(SHOWN).slice(1, -1));
  }
  const events = await api["/api/v1/events"]!(new Request("http://router/api/v1/events"));
  const { value } = await events.body!.getReader().read();
  stream.stop();
  const text = new TextDecoder().decode(value);
  expect(text).not.toMatch(UNSEEN);
  expect(text.split(JSON.stringify(SHOWN).slice(1, -1)).length - 1).toBeGreaterThanOrEqual(2);
});

test("hooks get it escaped, on standard input, in the environment and by a request", async () => {
  const sent = notification({ reason: EVIL, message: EVIL, gatewayName: EVIL });
  const [program, input] = [join(folder, "hook"), join(folder, "input")];
  writeFileSync(program, `#!/bin/sh\ncat >'${input}'\nenv >>'${input}'\n`, { mode: 0o755 });
  const log = Object.assign(() => {}, { writes: () => true });
  expect(await commandTransport([program], 10_000, log).deliver(sent, NEVER)).toEqual({ ok: true });
  const got = readFileSync(input, "utf8");
  expect(got).not.toMatch(UNSEEN);
  expect(JSON.parse(got.split("\n")[0]!)).toMatchObject({ reason: SHOWN, message: SHOWN });
  expect(hookEnvironment({}, sent)).toMatchObject({ HOOK_REASON: SHOWN, HOOK_GATEWAY_NAME: SHOWN });

  const bodies: string[] = [];
  using server = Bun.serve({
    port: 0,
    async fetch(request) {
      bodies.push(await request.text());
      return new Response();
    },
  });
  expect(await webhookTransport(server.url.href, 10_000).deliver(sent, NEVER)).toEqual({ ok: true });
  expect(bodies[0]).not.toMatch(UNSEEN);
  expect(JSON.parse(bodies[0]!)).toMatchObject({ reason: SHOWN });
});
