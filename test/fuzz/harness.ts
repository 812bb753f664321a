/**
 * Properties that must hold for hostile input. A test run tries each of them a bounded number of times; scripts/fuzz tries
 * them for a given time, with new seeds.
 */
import { test } from "bun:test";

import fc from "fast-check";

import { EXAMPLES } from "./examples.ts";

/** The time limit for one property in a test run, in ms, however slow the machine is. */
const USUAL_MS = 1500;

/** Set by scripts/fuzz: the time for each property in ms, and the first seed. */
const LONG_MS = Number(process.env["FUZZ_MS"] ?? 0);
const SEED = process.env["FUZZ_SEED"];

export interface FuzzOptions {
  /** The number of tries in a test run; 200 by default. */
  readonly runs?: number;
}

/** Tests that `holds` neither throws nor rejects for any value. Inputs that once violated it are tried first. */
export function fuzz<T>(
  name: string,
  values: fc.Arbitrary<T>,
  holds: (value: T) => void | Promise<void>,
  { runs = 200 }: FuzzOptions = {},
): void {
  const property = fc.asyncProperty(values, async (value) => holds(value));
  const known = EXAMPLES[name] ?? {};
  test(name, async () => {
    const examples = (known.values ?? []).map((value): [T] => [value as T]);
    for (const seed of known.seeds ?? []) await fc.assert(property, { seed, numRuns: runs });
    if (LONG_MS === 0) {
      await fc.assert(property, { numRuns: runs, examples, interruptAfterTimeLimit: USUAL_MS });
      return;
    }
    const end = performance.now() + LONG_MS;
    let seed = SEED === undefined ? Date.now() ^ process.pid : Number(SEED);
    let tried = 0;
    for (; performance.now() < end; seed = (seed + 1) | 0) {
      const left = Math.max(1, end - performance.now());
      const details = await fc.check(property, { seed, numRuns: 1000, examples, interruptAfterTimeLimit: left });
      if (details.failed && !(details.interrupted && details.counterexample === null)) {
        throw new Error(`seed ${seed}: ${fc.defaultReportMessage(details) ?? "failed"}`);
      }
      tried += details.numRuns;
    }
    process.stderr.write(`${tried} tries: ${name}\n`);
  });
}
