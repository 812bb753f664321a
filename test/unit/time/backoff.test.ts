import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { backoff, checkPause, longPause, type Random } from "../../../src/time/backoff.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The greatest number that a Random gives. */
const ALMOST_ONE = 1 - 2 ** -53;

const always =
  (value: number): Random =>
  () =>
    value;

describe("the wait after failures that may pass", () => {
  test("has a ceiling that starts at a second or two, doubles, and stays at five minutes", () => {
    const ceilings = Array.from({ length: 12 }, (_, index) => Math.round(backoff(index + 1, always(ALMOST_ONE))));
    expect(ceilings[0]! >= SECOND && ceilings[0]! <= 2 * SECOND).toBe(true);
    for (const [index, ceiling] of ceilings.slice(1).entries()) {
      expect(ceiling).toBe(Math.min(2 * ceilings[index]!, 5 * MINUTE));
    }
    expect(ceilings.at(-1)).toBe(5 * MINUTE);
  });

  test("is anywhere below the ceiling: full jitter", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
        (failures, chance) => {
          const ceiling = backoff(failures, always(ALMOST_ONE));
          expect(backoff(failures, always(chance))).toBeCloseTo(chance * ceiling, 3);
        },
      ),
    );
  });

  test("is five minutes at most and a number, even after failures without end", () => {
    for (const failures of [10, 100, 1023, 1024, 1e6, Number.MAX_SAFE_INTEGER]) {
      expect(backoff(failures, always(ALMOST_ONE))).toBeLessThanOrEqual(5 * MINUTE);
      expect(backoff(failures, always(0.5))).toBe(2.5 * MINUTE);
      expect(backoff(failures, always(0))).toBe(0);
    }
  });
});

test.each([
  ["after a failure that only a person can mend", longPause, 15 * MINUTE, 60 * MINUTE],
  ["between looks at right records", checkPause, 10 * MINUTE, 15 * MINUTE],
] as const)("the wait %s is spread evenly over its range", (_, pause, least, most) => {
  for (const chance of [0, 0.25, 0.5, 0.75, ALMOST_ONE]) {
    expect(pause(always(chance))).toBeCloseTo(least + chance * (most - least), 3);
  }
});
