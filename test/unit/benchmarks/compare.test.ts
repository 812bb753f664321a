/** What a run of the benchmarks says of an earlier one. */
import { describe, expect, test } from "bun:test";

import { compare, type Results } from "../../../scripts/benchmarks/compare.ts";

const HERE = { cores: 2, processor: "one", kernel: "6.18", bun: "1.4.5" };

/** A table of two starts: the time and the memory of each, and what they are compared by. */
function run(times: readonly [number, number], memory = 10, machine = HERE): Results {
  const rows = times.map((median, index) => ({
    start: `start ${index + 1}`,
    step: "ready",
    median,
    most: 9 * median,
    MiB: memory,
  }));
  const measuredAt = "2026-11-27T00:00:00.000Z";
  const costs = { median: "time", MiB: "memory" } as const;
  return { results: [{ benchmark: "start", title: "A start", machine, measuredAt, costs, rows }] };
}

describe("compared with an earlier run", () => {
  test("the same figures and better ones are no worse", () => {
    expect(compare(run([100, 50]), run([100, 20]))).toEqual({ compared: 4, worse: [] });
  });

  test("up to 15 % is noise, more is worse, and the row is named", () => {
    expect(compare(run([100, 100]), run([114.9, 115.1]))).toEqual({
      compared: 4,
      worse: ["start, start 2, ready: median 115 instead of 100 (+15 %)"],
    });
  });

  test("rows are told apart by what stands before their first cost, whatever the order", () => {
    const now = run([200, 50]);
    const { results } = run([200, 50]);
    const turned = { results: results.map((result) => ({ ...result, rows: result.rows.toReversed() })) };
    expect(compare(turned, now)).toEqual({ compared: 4, worse: [] });
  });

  test("what is no cost is not compared", () => {
    const { results } = run([100, 50]);
    const calm = results.map((result) => ({ ...result, rows: result.rows.map((row) => ({ ...row, most: 1 })) }));
    expect(compare({ results: calm }, run([100, 50]))).toEqual({ compared: 4, worse: [] });
  });

  test("memory is compared with that of other processors, times are not", () => {
    const elsewhere = run([1, 1], 10, { ...HERE, processor: "another" });
    expect(compare(elsewhere, run([100, 50], 12))).toEqual({
      compared: 2,
      worse: [
        "start, start 1, ready: MiB 12.0 instead of 10.0 (+20 %)",
        "start, start 2, ready: MiB 12.0 instead of 10.0 (+20 %)",
      ],
    });
  });

  test("rows and benchmarks that one of the two runs does not have are left out", () => {
    const now = run([100, 50]);
    expect(compare({ results: [] }, now)).toEqual({ compared: 0, worse: [] });
    const [result] = now.results;
    const fewer = { results: [{ ...result!, rows: result!.rows.slice(1) }] };
    expect(compare(fewer, now)).toEqual({ compared: 2, worse: [] });
  });

  test("a figure of an earlier run that was nothing is worse than nothing", () => {
    expect(compare(run([0, 50]), run([3, 50])).worse).toEqual(["start, start 1, ready: median 3.00 instead of 0"]);
  });
});
