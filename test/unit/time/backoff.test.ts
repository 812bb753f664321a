import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { backoff, exponential, type Random } from "../../../src/time/backoff.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The greatest number that a Random gives. */
const ALMOST_ONE = 1 - 2 ** -53;

const always =
  (value: number): Random =>
  () =>
    value;

test.each([
  [1, 10],
  [2, 20],
  [5, 160],
  [6, 300],
  [1e6, 300],
])("an exponential wait after %d failures, from 10 up to 300, is %d", (failures, wait) => {
  expect(exponential(failures, 10, 300)).toBe(wait);
});

test("an exponential wait whose longest is shorter than its first is the longest", () => {
  expect(exponential(1, 1000, 400)).toBe(400);
});

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
