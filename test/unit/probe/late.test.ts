import { expect, test } from "bun:test";

import { repeatIfLate } from "../../../src/probe/late.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

const failed = (seconds: number): ProbeResult => ({ kind: "failure", code: "timeout", detail: "", seconds });
const succeeded = (seconds: number): ProbeResult => ({ kind: "success", detail: "", seconds });

test.each([
  ["a failure in time", [failed(1)], 1],
  ["a failure 250 ms after the timeout", [failed(1.25)], 1],
  ["a failure later than that", [failed(1.3), succeeded(0.1)], 2],
  ["two such failures", [failed(1.3), failed(1.3)], 2],
  ["a late success", [succeeded(9)], 1],
])("after %s the last result counts", async (_, results, probes) => {
  let made = 0;
  const result = await repeatIfLate(1000, async () => results[made++]!);
  expect(made).toBe(probes);
  expect(result).toBe(results.at(-1)!);
});
