/** Changed configuration files for the executable: it takes them or reports why not, never fails, and changes nothing. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";

import { likeFile } from "../fuzz/config-files.ts";
import { SYSTEM_PATH } from "./lab/executable.ts";
import { EXECUTABLE, openLab } from "./lab/index.ts";
import type { Namespace } from "./lab/namespace.ts";

setDefaultTimeout(900_000);

/** test/fuzz/config-file.test.ts tries a thousand in one process; each of these starts the executable. */
const FILES = 100;
/** The service itself is started with so many of those that are rejected. */
const STARTS = 10;
const AT_ONCE = 4;

const folder = mkdtempSync(join(tmpdir(), "grm-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What people read of a failure inside the program; a file may hold such words, which stand in its lines. */
const FAILURE = /^(?! *\d+ \| ).*(\bat \S+:\d+:\d+|TypeError|RangeError|panic|internal error|undefined is not)/m;

test("changed files are taken or rejected by the executable, which changes nothing", async () => {
  const lab = await openLab({ gateways: 1 });
  const before = await lab.snapshot();
  const seed = Date.now() % 2 ** 31;
  const paths = fc.sample(likeFile, { seed, numRuns: FILES }).map((text, index) => {
    const path = join(folder, `${index}.toml`);
    writeFileSync(path, text);
    return path;
  });
  writeFileSync(join(folder, "key"), "S3cr3t\n"); // the file of a secret that they name
  const rejected: string[] = [];
  await forEach(paths, async (path) => {
    const status = await statusOf(lab.router, ["print", "scrape-config", "-config", path], seed);
    if (status === 2) rejected.push(path);
    else expect({ path, seed, status }).toEqual({ path, seed, status: 0 });
  });
  console.log(`${FILES} files, ${rejected.length} of them rejected`);
  expect(rejected.length).toBeGreaterThan(STARTS);
  await forEach(rejected.slice(0, STARTS), async (path) => {
    for (const command of [[], ["plan"]]) {
      const status = await statusOf(lab.router, [...command, "-config", path], seed);
      expect({ path, seed, status }).toEqual({ path, seed, status: 2 });
    }
  });
  expect(await lab.snapshot()).toBe(before);
});

/** Runs the executable to its end, and expects that it did not fail inside. */
async function statusOf(space: Namespace, args: readonly string[], seed: number): Promise<number> {
  // Without `ip netns exec`, which would take most of the time.
  const options = { env: { PATH: SYSTEM_PATH }, stdin: "ignore", stdout: "ignore", stderr: "pipe" } as const;
  const child = space.enter(() => Bun.spawn([EXECUTABLE, ...args], options));
  const [stderr, status] = await Promise.all([child.stderr.text(), child.exited]);
  if (FAILURE.test(stderr)) throw new Error(`seed ${seed}: ${args.join(" ")}: ${stderr}`);
  return status;
}

async function forEach<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await action(item);
    }),
  );
}
