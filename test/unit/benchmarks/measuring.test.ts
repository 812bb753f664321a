import { describe, expect, test } from "bun:test";

import { quantile, slope } from "../../../scripts/benchmarks/statistics.ts";
import { markdown, records, type Table } from "../../../scripts/benchmarks/table.ts";
import { parseMemory, processorTime, watchProcessor } from "../../../scripts/benchmarks/usage.ts";

const TABLE: Table = {
  title: "Trees",
  columns: [{ name: "kind" }, { name: "number" }, { name: "height", digits: 2, unit: "m" }],
  rows: [
    ["oak", 1_234_567, 12.3456],
    ["elm", 0, 1000],
  ],
};

describe("a table of results", () => {
  test("is shown in Markdown with rounded numbers and units", () => {
    expect(markdown(TABLE)).toBe(
      [
        "Trees:",
        "",
        "| kind | number | height |",
        "| --- | --- | --- |",
        "| oak | 1,234,567 | 12.35 m |",
        "| elm | 0 | 1,000.00 m |",
      ].join("\n"),
    );
  });

  test("keeps all digits in its records", () => {
    expect(records(TABLE)[0]).toEqual({ kind: "oak", number: 1_234_567, height: 12.3456 });
  });
});

describe("statistics", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])("the quantile %p of the numbers from 1 to 100 is %p", (share, value) =>
    expect(quantile(hundred, share)).toBe(value),
  );

  test("a quantile of no values and a slope of one point are errors", () => {
    expect(() => quantile([], 0.5)).toThrow("no values");
    expect(() => slope([{ x: 1, y: 1 }])).toThrow("two points");
  });

  test("the slope of a line is not changed by symmetrical noise", () => {
    const line = hundred.map((x) => ({ x, y: 7 + 3 * x }));
    const noisy = line.flatMap(({ x, y }) => [
      { x, y: y + 50 },
      { x, y: y - 50 },
    ]);
    expect(slope(line)).toBeCloseTo(3);
    expect(slope(noisy)).toBeCloseTo(3);
  });
});

describe("the usage of a process", () => {
  test("includes its processor time also when its name contains spaces and parentheses", () => {
    const stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 30 20 20 0 9 0 100 1000 10";
    expect(processorTime(stat)).toEqual({ own: 3, children: 0.5 });
  });

  test("shows the processor time of a busy process", () => {
    const start = process.cpuUsage();
    const began = performance.now();
    const share = watchProcessor(process.pid);
    const used = (): number => {
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    while (used() < 300); // milliseconds of processor time, which take longer on a busy machine
    const seen = share().own * (performance.now() - began);
    expect(seen).toBeGreaterThan(250);
    expect(seen).toBeLessThan(400);
  }, 60_000);

  test("includes its memory in MiB", () => {
    const rollup =
      "0-f ---p 0 00:00 0 [rollup]\nRss:    2048 kB\nPss:    1024 kB\nAnonymous:    512 kB\nLazyFree: 0 kB\n";
    expect(parseMemory(rollup)).toEqual({ resident: 2, anonymous: 0.5 });
    expect(() => parseMemory("")).toThrow("no Rss");
  });
});
