/** Commands that are run for notifications, as real processes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { commandTransport } from "../../src/hooks/command.ts";
import type { DeliveryResult } from "../../src/hooks/delivery.ts";
import type { Level } from "../../src/log/log.ts";
import { until } from "../e2e/lab/wait.ts";
import { notification } from "../unit/hooks/hooks.fixture.ts";

const NEVER = new AbortController().signal;
const SECRET = "hunter2-of-the-service";

/** A time to sleep that no other process of this machine has on its command line; long for all numbers but 6. */
const napOf = (number: number): string => `${number === 6 ? 2 : 4711}.${process.pid}00${number}`;

let folder: string;
let logged: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "grm-hooks-"));
  process.env["DDNS_PASSWORD"] = SECRET;
  process.env["GRM_DDNS_PASSWORD"] = SECRET;
});
afterEach(() => void (logged = []));
afterAll(() => {
  rmSync(folder, { recursive: true });
  delete process.env["DDNS_PASSWORD"];
  delete process.env["GRM_DDNS_PASSWORD"];
});

/** A script in the folder; its path. */
function script(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
}

/** Runs a command once. `timeout` is in milliseconds. */
async function run(
  words: readonly string[],
  timeout = 20_000,
  stop = NEVER,
  sent = notification(),
): Promise<DeliveryResult> {
  const write = (level: Level, message: string): void => void logged.push(`${level}: ${message}`);
  return commandTransport(words, timeout, Object.assign(write, { writes: () => true })).deliver(sent, stop);
}

/** Processes whose command line holds this text. */
function running(text: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(text);
    } catch {
      return false;
    }
  });
}

const untilNone = (text: string) =>
  until(
    `no ${text}`,
    () => running(text),
    (pids) => pids.length === 0,
  );

describe("a command", () => {
  test("gets its arguments as they are, and the notification as one line of JSON on standard input", async () => {
    const out = join(folder, "got");
    const path = script("take", `#!/bin/sh\ncat >"$1"\nprintf '%s' "$2" >"$1.argument"\n`);
    const sent = notification({ gateway: "10.0.0.1", reason: "é €" });
    expect(await run([path, out, "$HOME; `id`"], 20_000, NEVER, sent)).toEqual({ ok: true });
    const text = readFileSync(out, "utf8");
    expect(text).toEndWith("}\n");
    expect(text.trim()).not.toContain("\n");
    expect(JSON.parse(text)).toEqual(sent);
    expect(readFileSync(`${out}.argument`, "utf8")).toBe("$HOME; `id`");
  });

  test("has an environment without secrets, and / as its working directory", async () => {
    const out = join(folder, "environment");
    const path = script("look", `#!/bin/sh\nenv >"$1"\npwd >>"$1"\n`);
    await run([path, out]);
    const text = readFileSync(out, "utf8");
    expect(text).not.toContain(SECRET);
    expect(text).toContain("HOOK_EVENT=gateway-down\n");
    expect(text).toEndWith("\n/\n");
  });

  test("need not read its input", async () => {
    const sent = notification({ message: "x".repeat(200_000) });
    expect(await run(["/bin/true"], 20_000, NEVER, sent)).toEqual({ ok: true });
  });

  test("has its output in the log", async () => {
    await run([script("say", "#!/bin/sh\necho fine; echo odd >&2\n")]);
    expect(logged).toEqual(["debug: -on-change output: fine", "warn: -on-change output: odd"]);
  });
});

describe("a failure is reported, and the command is not run again:", () => {
  test.each<[string, () => string[], RegExp]>([
    ["a status", () => ["/bin/sh", "-c", "exit 3"], /^exit status 3$/],
    ["a signal", () => ["/bin/sh", "-c", "kill -SEGV $$"], /^killed by SIGSEGV$/],
    ["no such file", () => [join(folder, "none")], /does not exist/],
    ["no such interpreter", () => [script("bad", "#!/none/sh\n")], /does not exist, or the interpreter/],
    ["no privilege", () => [script("plain", "#!/bin/sh\n", 0o644)], /chmod \+x/],
    ["a folder", () => [folder], /no permission/],
    ["no first line", () => [script("headless", "echo hello\n")], /begins with a line such as #!\/bin\/sh/],
  ])("%s", async (_, words, problem) => {
    expect(await run(words())).toEqual({
      ok: false,
      retryable: false,
      problem: expect.stringMatching(problem) as string,
    });
  });
});

describe("a command that does not end", () => {
  test("gets SIGTERM after its time, and can clean up", async () => {
    const path = script("tidy", `#!/bin/sh\ntrap 'echo tidied; exit 0' TERM\nsleep ${napOf(1)} &\nwait\n`);
    expect(await run([path], 300)).toMatchObject({ problem: "did not end within 300ms" });
    expect(logged).toEqual(["debug: -on-change output: tidied"]);
    await untilNone(napOf(1));
  });

  test("and ignores SIGTERM is killed, with everything it has started", async () => {
    const path = script(
      "stubborn",
      `#!/bin/sh\ntrap '' TERM\n(trap '' TERM; sleep ${napOf(2)}) &\nsleep ${napOf(2)}\n`,
    );
    expect(await run([path], 200)).toMatchObject({ ok: false, problem: "did not end within 200ms" });
    await untilNone(napOf(2));
  });

  test("is ended at once when the service stops", async () => {
    const stop = new AbortController();
    const path = script("late", `#!/bin/sh\ntrap '' TERM\necho begun >"$1"\nsleep ${napOf(3)}\n`);
    const begun = join(folder, "begun");
    const ended = run([path, begun], 60_000, stop.signal);
    await until("its beginning", () => existsSync(begun), Boolean);
    stop.abort();
    expect(await ended).toMatchObject({ problem: "cancelled: the service stops" });
    await untilNone(napOf(3));
  });
});

test("processes that a command leaves behind are killed, and do not delay its end", async () => {
  const path = script("fork", `#!/bin/sh\necho begun\nsleep ${napOf(4)} &\nexit 0\n`);
  expect(await run([path], 30_000)).toEqual({ ok: true });
  expect(logged).toEqual(["debug: -on-change output: begun"]);
  await untilNone(napOf(4));
});

test("a process that has left the group does not delay the end, though it keeps the output open", async () => {
  const left = `setsid sh -c ': >"$1"; exec sleep ${napOf(6)}' sh "$1" &`;
  const path = script("daemonise", `#!/bin/sh\n${left}\nuntil [ -e "$1" ]; do :; done\n`);
  expect(await run([path, join(folder, "left")], 30_000)).toEqual({ ok: true });
  expect(running(napOf(6))).toHaveLength(1); // it is out of reach, and ends by itself
});

test("a command with endless output is ended, with little of it in the log and in memory", async () => {
  const path = script("flood", `#!/bin/sh\nyes 'flood ${napOf(5)}'\n`);
  const before = process.memoryUsage.rss();
  expect(await run([path], 60_000)).toMatchObject({ problem: "wrote more than 1 MiB of output" });
  expect(logged).toHaveLength(21);
  expect(logged.at(-1)).toMatch(/^debug: -on-change output: \(\d+ more lines\)$/);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20);
  await untilNone(napOf(5));
});

test("output that is not text does no harm", async () => {
  await run(["/bin/sh", "-c", "head -c 100000 /dev/urandom; head -c 100000 /dev/urandom >&2"]);
  expect(logged.length).toBeLessThanOrEqual(42);
});
