import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import {
  afterLoss,
  afterRelease,
  afterReturn,
  endEarly,
  type Flapping,
  holdAfter,
  isHeld,
  LONGEST_HOLD_MS,
  MOST_LOSSES,
  rememberedLosses,
  STEADY,
  withoutLoss,
} from "../../../src/pool/flap-hold.ts";

const SECOND = 1000;
const BASE = 10 * SECOND;

/** A gateway that is lost again 1 ms after each time it could be used. */
function lostAtOnce(times: number): { flapping: Flapping; holds: number[] } {
  let flapping = STEADY;
  let now = 0;
  const holds: number[] = [];
  for (let loss = 0; loss < times; loss++) {
    flapping = afterLoss(flapping, BASE, now);
    holds.push((flapping.heldUntil - now) / SECOND);
    flapping = afterReturn(flapping, now + 1);
    now = Math.max(now + 1, flapping.heldUntil) + 1;
  }
  return { flapping, holds };
}

describe("a hold", () => {
  test("is 0 after the first loss, then 10 s, and doubles with each loss up to 64 times that", () => {
    expect(lostAtOnce(10).holds).toEqual([0, 10, 20, 40, 80, 160, 320, 640, 640, 640]);
  });

  test("is never longer than an hour", () => {
    expect(LONGEST_HOLD_MS).toBe(3600 * SECOND);
    expect(holdAfter(MOST_LOSSES, LONGEST_HOLD_MS / 4)).toBe(LONGEST_HOLD_MS);
  });

  test("lasts until exactly its end", () => {
    const flapping: Flapping = { losses: 2, heldUntil: 100, quietSince: 0 };
    expect([99, 99.9, 100].map((now) => isHeld(flapping, now))).toEqual([true, true, false]);
  });

  test("is not extended by a loss during it", () => {
    const { flapping } = lostAtOnce(2);
    const later = afterLoss(flapping, BASE, flapping.heldUntil - 1);
    expect(later).toBe(flapping);
  });

  test("can be ended early, and the hold of the next loss is twice as long all the same", () => {
    const { flapping } = lostAtOnce(2);
    const released = afterRelease(flapping, 3);
    expect(isHeld(released, 3)).toBe(false);
    expect(afterLoss(released, BASE, 4).heldUntil).toBe(4 + 2 * BASE);
  });
});

test("a loss that is pardoned leaves no hold, and the time without a loss before it still counts", () => {
  const { flapping } = lostAtOnce(3);
  const at = flapping.quietSince + 4 * BASE;
  const pardoned = withoutLoss(flapping, BASE, at);
  expect(pardoned.losses).toBe(2);
  expect(isHeld(pardoned, at)).toBe(false);
});

describe("the losses that are remembered", () => {
  test("become fewer by one after a time in use as long as the next hold would be", () => {
    const flapping: Flapping = { losses: 3, heldUntil: 0, quietSince: 0 };
    const after = (seconds: number): number => rememberedLosses(flapping, BASE, seconds * SECOND);
    expect([39, 40, 59, 60, 69, 70, 1e9].map(after)).toEqual([3, 2, 2, 1, 1, 0, 0]);
  });

  test("do not become fewer during a hold or before the gateway recovers", () => {
    const { flapping } = lostAtOnce(2); // held for 10 s
    expect(rememberedLosses(flapping, BASE, flapping.heldUntil + 2 * BASE - 1)).toBe(2);
    const back = afterReturn(flapping, flapping.heldUntil + 3_600_000);
    expect(rememberedLosses(back, BASE, back.quietSince + 1)).toBe(2);
  });
});

describe("for a gateway that fails and recovers at random", () => {
  /** Times it is down and up, in ms. */
  const life = fc.array(fc.tuple(fc.nat(200_000), fc.nat(200_000)), { minLength: 1, maxLength: 40 });
  const base = fc.integer({ min: 1, max: LONGEST_HOLD_MS });

  function* live(times: readonly (readonly [number, number])[], shortest: number) {
    let flapping = STEADY;
    let now = 0;
    for (const [down, up] of times) {
      const before = flapping;
      flapping = afterLoss(before, shortest, now);
      yield { before, flapping, now };
      flapping = afterReturn(flapping, (now += down));
      now += up;
    }
  }

  test("no hold is longer than 64 times the first hold or 1 h", () => {
    fc.assert(
      fc.property(life, base, (times, shortest) => {
        for (const { flapping, now } of live(times, shortest)) {
          expect(flapping.heldUntil - now).toBeLessThanOrEqual(Math.min(64 * shortest, LONGEST_HOLD_MS));
          expect(flapping.losses).toBeLessThanOrEqual(MOST_LOSSES);
        }
      }),
    );
  });

  test("there is no hold for a first loss or when it is in use for the first hold's length between losses", () => {
    fc.assert(
      fc.property(life, base, (times, shortest) => {
        const calm = times.map(([down, up]) => [down, up + shortest] as const);
        for (const { flapping, now } of live(calm, shortest)) expect(isHeld(flapping, now)).toBe(false);
      }),
    );
  });

  test("losses while in use are on average at least the first hold's length apart", () => {
    fc.assert(
      fc.property(life, base, (times, shortest) => {
        const inUse = [...live(times, shortest)].filter(({ before, now }) => !isHeld(before, now));
        const last = inUse.at(-1)!.now;
        expect(inUse.length).toBeLessThanOrEqual(last / shortest + 2);
      }),
    );
  });

  test("no loss is remembered after a day in use", () => {
    fc.assert(
      fc.property(life, base, (times, shortest) => {
        const { flapping } = [...live(times, shortest)].at(-1)!;
        const start = Math.max(flapping.quietSince, flapping.heldUntil);
        const back = afterReturn(flapping, start);
        expect(rememberedLosses(back, shortest, start + 24 * 3_600_000)).toBe(0);
      }),
    );
  });

  test("a second loss causes a hold unless the gateway was in use for the first hold's length before it", () => {
    fc.assert(
      fc.property(base, fc.nat(), (shortest, down) => {
        const back = afterReturn(afterLoss(STEADY, shortest, 0), down);
        expect(isHeld(afterLoss(back, shortest, down + shortest - 1), down + shortest - 1)).toBe(true);
      }),
    );
  });
});

describe("holds that leave too few gateways", () => {
  const held = new Map([
    ["a", 300],
    ["b", 100],
    ["c", 200],
  ]);

  test.each([
    [-3, []],
    [0, []],
    [1, ["b"]],
    [2, ["b", "c"]],
    [9, ["b", "c", "a"]],
  ])("are ended early for %d missing gateways in the order of their ends: %p", (missing, expected) => {
    expect(endEarly(held, missing)).toEqual(expected);
  });
});
