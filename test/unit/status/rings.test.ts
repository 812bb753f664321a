import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { slotLength } from "../../../src/status/history.ts";
import { HourlyCounter } from "../../../src/status/hourly-counter.ts";
import { Latencies, percentile, REMEMBERED_PROBES } from "../../../src/status/latencies.ts";
import { SlotRing } from "../../../src/status/slot-ring.ts";

const latency = fc.float({ min: 0, max: 100, noNaN: true });

/** The expected percentile by its definition, from a list of all values. */
function expected(all: readonly number[], percent: number): number | null {
  const kept = all.slice(-REMEMBERED_PROBES).filter((one) => !Number.isNaN(one));
  const sorted = kept.sort((a, b) => a - b);
  const enough = sorted.find((value) => sorted.filter((one) => one <= value).length >= (percent * sorted.length) / 100);
  return enough === undefined ? null : Math.round(enough * 1e6) / 1e6;
}

describe("latencies", () => {
  test("are those of the last probes, however many there were", () => {
    const probes = fc.array(fc.oneof(latency, fc.constant(Number.NaN)), { maxLength: 3 * REMEMBERED_PROBES });
    fc.assert(
      fc.property(probes, (all) => {
        const ring = new Latencies();
        for (const seconds of all) ring.add(seconds);
        const kept = all.slice(-REMEMBERED_PROBES);
        expect(ring.view()).toEqual({
          p50: expected(all, 50),
          p95: expected(all, 95),
          probes: kept.length,
          answered: kept.filter((one) => !Number.isNaN(one)).length,
        });
      }),
    );
  });

  test("a percentile is one of the values, and grows with the percentage", () => {
    const values = fc.array(latency, { minLength: 1 }).map((list) => Float32Array.from(list).sort());
    const percents = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(values, percents, (sorted, [one, other]) => {
        const [low, high] = [percentile(sorted, Math.min(one, other))!, percentile(sorted, Math.max(one, other))!];
        expect(low).toBeLessThanOrEqual(high);
        expect([...sorted].some((value) => Math.abs(value - low) <= 1e-6)).toBe(true);
      }),
    );
  });

  test.each([
    [[1, 2, 3, 4], 50, 2],
    [[1, 2, 3, 4], 95, 4],
    [[7], 50, 7],
    [[], 50, null],
  ])("of %p the percentile %d is %p", (values, percent, result) => {
    expect(percentile(Float32Array.from(values), percent)).toBe(result);
  });
});

/** Steps of time, some of them long. */
const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 20_000_000 })));

test("the count of an hour is that of the current minute and the 59 before it", () => {
  fc.assert(
    fc.property(steps, (waits) => {
      const counter = new HourlyCounter(1234);
      const minutes: number[] = [];
      let now = 1234;
      for (const wait of waits) {
        now += wait;
        counter.add(now);
        minutes.push(Math.floor((now - 1234) / 60_000));
        expect(counter.total(now)).toBe(minutes.filter((minute) => minute > minutes.at(-1)! - 60).length);
      }
    }),
  );
});

test("a ring of slots empties exactly the slots that begin anew", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 200 })), (count, waits) => {
      const kept = new Array<number | undefined>(count).fill(undefined); // the number of the slot that each place holds
      const ring = new SlotRing(count, 10, 100, (index) => (kept[index] = undefined));
      let now = 100;
      for (const wait of waits) {
        now += wait;
        kept[ring.at(now)] = Math.floor((now - 100) / 10);
        const newest = Math.floor((now - 100) / 10);
        const slots = ring.order(now).map((index) => kept[index]);
        expect(slots.at(-1)).toBe(newest);
        slots.forEach((slot, place) => expect([undefined, newest - (count - 1 - place)]).toContain(slot));
      }
    }),
  );
});

test.each([
  [3000, 6000],
  [250, 5000],
  [5000, 5000],
  [7000, 7000],
  [3_600_000, 3_600_000],
])("with a check period of %d ms a slot lasts %d ms", (period, slot) => {
  expect(slotLength(period)).toBe(slot);
});
