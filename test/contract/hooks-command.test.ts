/** The commands of -on-change as real processes: input, environment, failures, time limit, output. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { commandTransport } from "../../src/hooks/command.ts";
import type { DeliveryResult } from "../../src/hooks/delivery.ts";
import type { Level } from "../../src/log/log.ts";
import { processesWith } from "../e2e/lab/hooks.ts";
import { until } from "../e2e/lab/wait.ts";
import { notification } from "../unit/hooks/hooks.fixture.ts";

const NEVER = new AbortController().signal;
const SECRET = "hunter2-of-the-service";

/** An argument for `sleep` that no other process of this machine has on its command line: an hour, or 2 s for number 6. */
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

/** Writes a script into the folder; its path. */
function script(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
}

/** Runs a command for one notification. `timeout` is in milliseconds. */
async function run(
  words: readonly string[],
  timeout = 20_000,
  stop = NEVER,
  sent = notification(),
): Promise<DeliveryResult> {
  const write = (level: Level, message: string): void => void logged.push(`${level}: ${message}`);
  return commandTransport(words, timeout, Object.assign(write, { writes: () => true })).deliver(sent, stop);
}

const untilNone = (text: string) =>
  until(
    `the end of all processes with ${text}`,
    () => processesWith(text),
    (pids) => pids.length === 0,
  );

describe("an -on-change command", () => {
  test("gets its arguments unchanged, and the notification as one line of JSON on standard input", async () => {
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

  test("succeeds without reading its input", async () => {
    const sent = notification({ message: "x".repeat(200_000) });
    expect(await run(["/bin/true"], 20_000, NEVER, sent)).toEqual({ ok: true });
  });

  test("has its output logged at debug level, and its standard error as warnings", async () => {
    await run([script("say", "#!/bin/sh\necho fine; echo odd >&2\n")]);
    expect(logged).toEqual(["debug: -on-change output: fine", "warn: -on-change output: odd"]);
  });
});

describe("an -on-change command that fails is reported and not repeated:", () => {
  test.each<[string, () => string[], RegExp]>([
    ["an exit status other than 0", () => ["/bin/sh", "-c", "exit 3"], /^exit status 3$/],
    ["an end by a signal", () => ["/bin/sh", "-c", "kill -SEGV $$"], /^killed by SIGSEGV$/],
    ["a file that does not exist", () => [join(folder, "none")], /does not exist/],
    [
      "a script whose interpreter does not exist",
      () => [script("bad", "#!/none/sh\n")],
      /does not exist, or the interpreter/,
    ],
    ["a file that is not executable", () => [script("plain", "#!/bin/sh\n", 0o644)], /chmod \+x/],
    ["a folder", () => [folder], /no permission/],
    [
      "a script without a #! line",
      () => [script("headless", "echo hello\n")],
      /begins with a line such as #!\/bin\/sh/,
    ],
  ])("%s", async (_, words, problem) => {
    expect(await run(words())).toEqual({
      ok: false,
      retryable: false,
      problem: expect.stringMatching(problem) as string,
    });
  });
});

describe("an -on-change command that does not end", () => {
  test("gets SIGTERM after its time limit, and can clean up", async () => {
    const path = script("tidy", `#!/bin/sh\ntrap 'echo tidied; exit 0' TERM\nsleep ${napOf(1)} &\nwait\n`);
    expect(await run([path], 300)).toMatchObject({ problem: "did not end within 300ms" });
    expect(logged).toEqual(["debug: -on-change output: tidied"]);
    await untilNone(napOf(1));
  });

  test("is killed with all processes that it has started when it ignores SIGTERM", async () => {
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
    await until("the start of the command", () => existsSync(begun), Boolean);
    stop.abort();
    expect(await ended).toMatchObject({ problem: "cancelled: the service stops" });
    await untilNone(napOf(3));
  });
});

test("a process that a command leaves running is ended, and does not delay the delivery", async () => {
  const path = script("fork", `#!/bin/sh\necho begun\nsleep ${napOf(4)} &\nexit 0\n`);
  expect(await run([path], 30_000)).toEqual({ ok: true });
  expect(logged).toEqual(["debug: -on-change output: begun"]);
  await untilNone(napOf(4));
});

test("a process that left the command's group with its output open does not delay the delivery", async () => {
  const left = `setsid sh -c ': >"$1"; exec sleep ${napOf(6)}' sh "$1" &`;
  const path = script("daemonise", `#!/bin/sh\n${left}\nuntil [ -e "$1" ]; do :; done\n`);
  expect(await run([path, join(folder, "left")], 30_000)).toEqual({ ok: true });
  expect(processesWith(napOf(6))).toHaveLength(1); // the service cannot end it; it ends after 2 s
});

test("a command with more than 1 MiB of output is ended, with few lines in the log and bounded memory", async () => {
  const path = script("flood", `#!/bin/sh\nyes 'flood ${napOf(5)}'\n`);
  const before = process.memoryUsage.rss();
  expect(await run([path], 60_000)).toMatchObject({ problem: "wrote more than 1 MiB of output" });
  expect(logged).toHaveLength(21);
  expect(logged.at(-1)).toMatch(/^debug: -on-change output: \(\d+ more lines\)$/);
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 << 20); // tests beside it leave garbage; the flood is some GiB a second
  await untilNone(napOf(5));
});

test("binary output of a command is logged in few lines", async () => {
  await run(["/bin/sh", "-c", "head -c 100000 /dev/urandom; head -c 100000 /dev/urandom >&2"]);
  expect(logged.length).toBeLessThanOrEqual(42);
});
