import { describe, expect, test } from "bun:test";

import { afterRepair, NO_REPAIRS, type RepairBackoff, showsFight } from "../../../src/routing/repair-backoff.ts";

describe("patience", () => {
  /** Repairs whenever that is allowed, against somebody who undoes each at once; returns the waits. */
  const fight = (rounds: number): number[] => {
    let patience: RepairBackoff = NO_REPAIRS;
    let now = 0;
    return Array.from({ length: rounds }, () => {
      patience = afterRepair(patience, now);
      const wait = patience.until - now;
      now = patience.until;
      return wait;
    });
  };

  test("the first repairs are free, then each waits twice as long, up to a minute", () => {
    expect(fight(12)).toEqual([0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test("one repair of a fight is the one to warn at", () => {
    let patience: RepairBackoff = NO_REPAIRS;
    const shown = Array.from({ length: 9 }, () => showsFight((patience = afterRepair(patience, 0))));
    expect(shown.filter(Boolean)).toHaveLength(1);
  });

  test("ten quiet seconds after the wait make it fresh again", () => {
    const tired = { repairs: 7, until: 5000 };
    expect(afterRepair(tired, 15_000).repairs).toBe(8);
    expect(afterRepair(tired, 15_001)).toEqual({ repairs: 1, until: 15_001 });
  });

  test("accidents now and then never wait", () => {
    let patience: RepairBackoff = NO_REPAIRS;
    for (let now = 0; now < 3_600_000; now += 11_000) {
      patience = afterRepair(patience, now);
      expect(patience.until).toBe(now);
    }
  });
});
