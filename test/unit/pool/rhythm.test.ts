import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { nextMoment, nextProbe, rhythmOf } from "../../../src/pool/schedule.ts";

test.each([
  [1000, 100, 0, 1000], // the first moment is in the future
  [1000, 100, 1000, 1100], // a moment that is now has passed
  [1000, 100, 1001, 1100],
  [1000, 100, 1099.5, 1100],
  [1000, 100, 987_654, 987_700], // moments during a long stop are skipped
])("the next moment of a rhythm from %d ms on every %d ms is, at %d ms, %d ms", (first, period, now, expected) => {
  expect(nextMoment(first, period, now)).toBe(expected);
});

describe("the next probe of a gateway", () => {
  const slow = { first: 600, period: 3000 };
  const fast = { first: 40, period: 200 };

  test.each([
    ["at the next moment of the fast rhythm", fast, 600, 601, 840], // 640 is too soon after 600
    ["at least half a fast period after the last probe", fast, 641, 642, 840],
    ["at the next moment of the fast rhythm after a slow probe", fast, 600, 1601, 1640],
    ["in its own slot when that comes before the fast rhythm", { first: 150, period: 2800 }, 700, 2955, 3600],
    ["in its own slot when it has no fast rhythm", undefined, 1040, 1050, 3600],
  ])("is %s", (_, rhythm, begun, now, expected) => {
    expect(nextProbe(slow, rhythm, begun, now)).toBe(expected);
  });

  test("with a fast rhythm is half to one and a half fast periods after the last one, and not after its own slot", () => {
    const duration = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(duration, duration, fc.nat(10_000), fc.nat(2000), (one, other, begun, took) => {
        const [short, long] = [Math.min(one, other), Math.max(one, other)];
        const now = begun + took;
        const slow = { first: long / 3, period: long };
        const next = nextProbe(slow, { first: short / 3, period: short }, begun, now);
        expect(next).toBeGreaterThan(now);
        expect(next - begun).toBeGreaterThanOrEqual(short / 2);
        expect(next).toBeLessThanOrEqual(Math.max(now, begun + short / 2) + short);
        const inOwnSlot = nextProbe(slow, undefined, begun, now);
        expect(next <= inOwnSlot || inOwnSlot - begun <= short / 2).toBe(true);
      }),
    );
  });
});

describe("the slots of gateways in a period", () => {
  test.each([
    [1, [1000]],
    [3, [1000, 1000, 1000]], // the process wakes once for a few gateways
    [20, Array(20).fill(1000)],
    [21, [...Array(11).fill(500), ...Array(10).fill(1000)]],
  ])("are, for %d gateways in 1000 ms, at %p ms", (gateways, expected) => {
    expect(Array.from({ length: gateways }, (_, index) => rhythmOf(index, gateways, 1000, 0).first)).toEqual(expected);
  });

  test("hold at most 20 gateways each, differ by at most one, and are spread evenly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 160 }), fc.integer({ min: 1, max: 60_000 }), (gateways, period) => {
        const sizes = new Map<number, number>();
        for (let index = 0; index < gateways; index++) {
          const { first } = rhythmOf(index, gateways, period, 5);
          sizes.set(first, (sizes.get(first) ?? 0) + 1);
        }
        const groups = Math.ceil(gateways / 20);
        expect(Math.max(...sizes.values())).toBeLessThanOrEqual(20);
        expect(Math.max(...sizes.values()) - Math.min(...sizes.values())).toBeLessThanOrEqual(1);
        expect([...sizes.keys()]).toEqual(Array.from({ length: groups }, (_, at) => 5 + (period * (at + 1)) / groups));
      }),
    );
  });
});
