import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { CHART_HEIGHT, chartOf } from "../../../../src/http/page/chart.ts";
import type { Gateway } from "../../../../src/status/schema.ts";

type History = Gateway["history"];

/** A history from one letter a slot: u up, d down, f up with a failed probe, blank for no data. */
function history(letters: string, latencySeconds: (number | null)[] = []): History {
  const slots = [...letters];
  return {
    up: slots.map((letter) => (letter === " " ? null : letter !== "d")),
    answered: slots.map((letter) => (letter === "u" ? 5 : 0)),
    failed: slots.map((letter) => (letter === "d" ? 5 : letter === "f" ? 1 : 0)),
    latencySeconds: slots.map((_, index) => latencySeconds[index] ?? null),
  };
}

describe("a chart", () => {
  test("has a line through the middle of each slot, with the slowest response near the top", () => {
    const { line, area, width } = chartOf(history("uu", [0.01, 0.02]), 5);
    expect(width).toBe(2);
    expect(line).toBe("M0 13.5L0.5 13.5L1.5 3L2 3");
    expect(area).toBe("M0 24L0 13.5L0.5 13.5L1.5 3L2 3V24Z");
  });

  test("has a gap in slots without a response", () => {
    const { line } = chartOf(history("uduu", [0.02, null, 0.02, 0.02]), 5);
    expect(line).toBe("M0 3L0.5 3L1 3M2 3L2.5 3L3.5 3L4 3");
  });

  test("has a high bar over slots that ended down, and a low bar over slots with a failed probe", () => {
    const { down, failed } = chartOf(history("udduf"), 5);
    expect(down).toBe("M1 24V0H3V24Z");
    expect(failed).toBe("M1 24V20H3V24ZM4 24V20H5V24Z");
  });

  test("has a cross over each time down, and hatches where nothing is known", () => {
    const { cross, unknown } = chartOf(history(" ddu"), 5);
    expect(cross).toBe("M1 24L3 0M1 0L3 24");
    expect(unknown).toBe("M0 24L1 0");
  });

  test("is not flattened by an outlier, which has a mark and its figure", () => {
    const { line, clipped, peak, description } = chartOf(
      history("uuuuuuu", [0.01, 0.01, 0.02, 0.02, 2, 0.01, 0.02]),
      5,
    );
    expect(line).toContain("0.5 17L1.5 17L2.5 10L3.5 10L4.5 0L5.5 17");
    expect(clipped).toBe("M4 0H5V2H4Z");
    expect(peak).toEqual({ text: "2.00 s", place: 4.5 / 7 });
    expect(description).toEndWith("responses in 10.0 ms to 2.00 s, the scale ends at 20.0 ms");
    const even = chartOf(history("uuuuuuu", [0.01, 0.01, 0.02, 0.02, 0.01, 0.01, 0.02]), 5);
    expect(even).not.toHaveProperty("peak");
    expect(even.clipped).toBe("");
  });

  test.each([
    ["", "no data yet"],
    ["   ", "no data yet"],
    ["  u", "last 5s: up all the time, no failed probe"],
    ["uuuuuuuuuuuu", "last 1m: up all the time, no failed probe"],
    ["uufu", "last 20s: up all the time, 1 failed probe"],
    ["uddu", "last 20s: down for 10s, 10 failed probes"],
    ["dd", "last 10s: down all the time, 10 failed probes"],
  ])("of %p has the description: %s", (letters, description) => {
    expect(chartOf(history(letters), 5).description).toBe(description);
  });

  test("has the range of latencies in its description", () => {
    expect(chartOf(history("uu", [0.002, 0.25]), 5).description).toEndWith(", responses in 2.00 ms to 250 ms");
    expect(chartOf(history("uu", [0, 0]), 5).description).toEndWith("no failed probe");
  });

  test("stays within its bounds for any history", () => {
    const slot = fc.record({
      up: fc.option(fc.boolean()),
      answered: fc.nat(9),
      failed: fc.nat(9),
      latencySeconds: fc.option(fc.double({ min: 0, max: 3600, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 60 }), (slots) => {
        const pick = <K extends keyof (typeof slots)[number]>(key: K) => slots.map((one) => one[key]);
        const chart = chartOf(
          {
            up: pick("up"),
            answered: pick("answered"),
            failed: pick("failed"),
            latencySeconds: pick("latencySeconds"),
          },
          5,
        );
        for (const path of [
          chart.line,
          chart.area,
          chart.down,
          chart.cross,
          chart.unknown,
          chart.failed,
          chart.clipped,
        ]) {
          expect(path).toMatch(/^([MLVHZ]|[\d.]+| )*$/); // no NaN, no exponent, nothing negative
          for (const [, x, y] of path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)) {
            expect(Number(x)).toBeLessThanOrEqual(slots.length);
            expect(Number(y)).toBeLessThanOrEqual(CHART_HEIGHT);
          }
        }
      }),
    );
  });
});
