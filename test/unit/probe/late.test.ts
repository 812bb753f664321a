import { expect, test } from "bun:test";

import { onceMoreIfLate } from "../../../src/probe/late.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

const success: ProbeResult = { kind: "success", seconds: 0.1, detail: "status 200" };
const failureAfter = (seconds: number): ProbeResult => ({
  kind: "failure",
  seconds,
  code: "timeout",
  detail: "timeout",
});

/** Probes once with a timeout of one second; returns the result and how often the target was asked. */
async function probeOnce(...results: readonly ProbeResult[]): Promise<[ProbeResult, number]> {
  let asked = 0;
  const result = await onceMoreIfLate(async () => results[asked++]!, 1000)("10.0.0.1");
  return [result, asked];
}

test("a probe that fails in time is a verdict", async () => {
  expect(await probeOnce(failureAfter(1.2))).toEqual([failureAfter(1.2), 1]);
});

test("a probe that fails long after its timeout is repeated once, and the second result counts", async () => {
  expect(await probeOnce(failureAfter(1.3), success)).toEqual([success, 2]);
  expect(await probeOnce(failureAfter(1.3), failureAfter(9))).toEqual([failureAfter(9), 2]);
});

test("an answer is a verdict however late it is", async () => {
  const late = { ...success, seconds: 9 };
  expect(await probeOnce(late)).toEqual([late, 1]);
});
