import { describe, expect, test } from "bun:test";

import { proberBadge } from "../../../../src/http/page/badges.ts";
import { chartOf } from "../../../../src/http/page/chart.ts";
import type { Prober } from "../../../../src/status/schema.ts";

const MOMENT = { time: "2026-01-02T03:04:05.000Z", ageSeconds: 1 };
const PROBER: Prober = {
  ...{ name: "http", state: "up", since: MOMENT, failuresInRow: 0 },
  ...{ lastFailure: null, down: null, quality: null },
};

describe("the badge of a prober", () => {
  test.each([
    [{ state: "unknown" }, "quiet", "not probed yet"],
    [{ state: "up" }, "good", "up"],
    [{ state: "up", quality: { probes: 40, loss: 0.025, medianSeconds: 0.0123 } }, "good", "up, loss 2.5 %, 12.3 ms"],
    [{ state: "down", quality: { probes: 40, loss: 1, medianSeconds: null } }, "bad", "down, loss 100.0 %"],
    [{ state: "of a newer version" as "up" }, "doubtful", "of a newer version"],
  ] as const)("of %j is %s: %s", (more, tone, text) => {
    expect(proberBadge({ ...PROBER, ...more })).toEqual({ tone, text });
  });
});

describe("the chart of a gateway with probes beyond it", () => {
  const slots = <T>(value: T): T[] => Array(4).fill(value);
  const history = { up: slots(true), answered: slots(5), failed: slots(0), latencySeconds: slots(0.01) };
  const of = (loss: (number | null)[]) => chartOf({ ...history, loss }, 5);

  test("has loss as bars from the top, whose full height is 100 %", () => {
    expect(of([null, 0, 0.25, 1]).loss).toBe("M2 0H3V6H2ZM3 0H4V24H3Z");
  });

  test("has a bar for little loss that can be seen", () => {
    expect(of([0.001, 0, 0, 0]).loss).toBe("M0 0H1V1.5H0Z");
  });

  test("has the greatest loss in its description", () => {
    expect(of([null, 0, 0.25, 0]).description).toEndWith(", loss up to 25.0 %");
    expect(of(slots(null)).description).not.toContain("loss");
    expect(chartOf(history, 5)).toMatchObject({ loss: "", description: expect.not.stringContaining("loss") });
  });
});
