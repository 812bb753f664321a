import { describe, expect, test } from "bun:test";

import { afterRepair, NO_REPAIRS, type RepairBackoff, showsFight } from "../../../src/routing/repair-backoff.ts";

describe("the delay of repairs", () => {
  /** Repairs as soon as that is allowed, while another program undoes each repair at once; returns the delays. */
  const fight = (rounds: number): number[] => {
    let backoff: RepairBackoff = NO_REPAIRS;
    let now = 0;
    return Array.from({ length: rounds }, () => {
      backoff = afterRepair(backoff, now);
      const wait = backoff.until - now;
      now = backoff.until;
      return wait;
    });
  };

  test("is 0 for the first four, then 1 s, and doubles with each repair up to 5 s", () => {
    expect(fight(9)).toEqual([0, 0, 0, 0, 1000, 2000, 4000, 5000, 5000]);
  });

  test("shows a fight at exactly one repair", () => {
    let backoff: RepairBackoff = NO_REPAIRS;
    const shown = Array.from({ length: 9 }, () => showsFight((backoff = afterRepair(backoff, 0))));
    expect(shown.filter(Boolean)).toHaveLength(1);
  });

  test("starts again more than 10 s after its end", () => {
    const before = { repairs: 7, until: 5000 };
    expect(afterRepair(before, 15_000).repairs).toBe(8);
    expect(afterRepair(before, 15_001)).toEqual({ repairs: 1, until: 15_001 });
  });

  test("is 0 for repairs that are 11 s apart", () => {
    let backoff: RepairBackoff = NO_REPAIRS;
    for (let now = 0; now < 3_600_000; now += 11_000) {
      backoff = afterRepair(backoff, now);
      expect(backoff.until).toBe(now);
    }
  });
});
