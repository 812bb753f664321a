/** The seed of the kernel's hash, in files in place of the kernel's; `hash-seed` end to end uses a kernel. */
import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Log } from "../../src/log/log.ts";
import { HashSeed } from "../../src/service/hash-seed.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A machine with this seed, on which runs of the service begin one after the other. */
function machine(seed: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), "grm-seed-"));
  folders.push(folder);
  const [setting, record] = [join(folder, "setting"), join(folder, "state/hash-seed.json")];
  const set = (text: string): void => writeFileSync(setting, text);
  if (seed !== undefined) set(`${seed}\n`);
  const lines: string[] = [];
  const log: Log = Object.assign((level: string, text: string) => void lines.push(`${level} ${text}`), {
    writes: () => true,
  });
  return {
    set,
    record,
    lines,
    run: (file = record) => new HashSeed(file, log, setting),
    seed: () => readFileSync(setting, "utf8").trim(),
  };
}

test("it is set for the time of a run, and nothing is left of it", async () => {
  const { run, seed, record, lines } = machine("0");
  const seeds = run();
  await seeds.use(7);
  expect(seed()).toBe("7");
  await seeds.use(undefined);
  expect([seed(), existsSync(record), lines]).toEqual(["0", false, []]);
});

test("without one nothing is touched", async () => {
  const { run, lines } = machine(undefined);
  await run().use(undefined);
  expect(lines).toEqual([]);
});

test("the seed of before a killed run returns after the next one, with the same seed or another", async () => {
  for (const next of [7, 8]) {
    const { run, seed } = machine("3");
    await run().use(7);
    const second = run();
    await second.use(next);
    expect(seed()).toBe(String(next));
    await second.use(undefined);
    expect(seed()).toBe("3");
  }
});

test("it returns as well where the next run wants none", async () => {
  const { run, seed, record } = machine("3");
  await run().use(7);
  await run().use(undefined);
  expect([seed(), existsSync(record)]).toEqual(["3", false]);
});

test("it returns as well where a run was killed between the record and the seed", async () => {
  const { run, set, seed, record } = machine("3");
  await run().use(5);
  await run().use(7);
  expect(JSON.parse(readFileSync(record, "utf8"))).toEqual({ former: 3, set: [7, 5] });
  set("5"); // as if the second run had got no further
  const seeds = run();
  await seeds.use(7);
  await seeds.use(undefined);
  expect(seed()).toBe("3");
});

test("what others have set since stays", async () => {
  const { run, set, seed } = machine("0");
  const seeds = run();
  await seeds.use(7);
  set("9");
  await seeds.use(undefined);
  expect(seed()).toBe("9");
});

test("after a reboot the former seed is that of the new boot", async () => {
  const { run, set, seed } = machine("3");
  await run().use(7);
  set("0");
  const seeds = run();
  await seeds.use(7);
  await seeds.use(undefined);
  expect(seed()).toBe("0");
});

test("one that is there already is left there", async () => {
  const { run, seed, record } = machine("7");
  const seeds = run();
  await seeds.use(7);
  expect(existsSync(record)).toBe(false);
  await seeds.use(undefined);
  expect(seed()).toBe("7");
});

test("a damaged record counts as none", async () => {
  for (const text of ["", "{", "null", '{"former":"x","set":[7]}', '{"former":0,"set":7}', "[]"]) {
    const { run, seed, record } = machine("0");
    await run().use(7);
    writeFileSync(record, text);
    await run().use(undefined);
    expect(seed()).toBe("7");
  }
});

test("where it cannot be remembered, it is set and restored all the same, with a warning", async () => {
  const { run, seed, lines } = machine("0");
  const seeds = run("/proc/nowhere/hash-seed.json");
  await seeds.use(7);
  expect(seed()).toBe("7");
  expect(lines).toEqual([
    expect.stringMatching(/^warn the former seed 0 is restored by a stop, but not after a kill: /),
  ]);
  await seeds.use(undefined);
  expect(seed()).toBe("0");
});

test("a kernel without it is a warning with a remedy", async () => {
  const { run, lines } = machine(undefined);
  await run().use(7);
  expect(lines).toEqual([
    expect.stringMatching(/^warn cannot set net\.ipv4\.fib_multipath_hash_seed: .*Linux 6\.11 or newer/),
  ]);
});
