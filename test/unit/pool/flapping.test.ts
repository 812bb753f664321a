import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { GATEWAYS, setUp } from "./pool.fixture.ts";

/** What the kernel shows when no interface explains a loss. */
const PATHS = { links: [], devices: new Map<string, string>() };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a gateway that flaps", () => {
  test("is held from its second loss on, and returns the moment the hold ends", () => {
    const { flap, now, reported } = setUp(10_000);
    flap("b");
    expect(now()).toBe("abc");
    flap("b");
    expect(now()).toBe("ac");
    jest.advanceTimersByTime(9990);
    expect(now()).toBe("ac");
    jest.advanceTimersByTime(12);
    expect(now()).toBe("abc");
    expect(reported("held", "released")).toEqual([
      { type: "held", gateway: "b", waitMs: 10_000, losses: 2 },
      { type: "released", gateway: "b", early: false },
    ]);
    expect(reported("selection")).toEqual([
      { type: "selection", held: ["b"], kept: [], shortage: undefined },
      { type: "selection", held: [], kept: [], shortage: undefined },
    ]);
  });

  test("waits for its next success when it is down at the end of the hold", () => {
    const { flap, lose, back, now, reported } = setUp(10_000);
    flap("b");
    flap("b");
    lose("b");
    expect(reported("selection").at(-1)).toMatchObject({ held: [] }); // only who is healthy is held back
    jest.advanceTimersByTime(10_001);
    expect(now()).toBe("ac");
    back("b");
    expect(now()).toBe("abc");
    expect(reported("held")).toHaveLength(1);
  });

  test("is not held while -flap-hold is off, and nothing is said", () => {
    const { flap, now, served, reported } = setUp(0);
    for (let loss = 0; loss < 20; loss++) flap("b");
    expect(now()).toBe("abc");
    expect(served).toHaveLength(41);
    expect(reported("held", "released", "selection")).toEqual([]);
  });

  test("that would return first is used at once when no other is left, and stays when others return", () => {
    const { flap, lose, now, reported, back } = setUp(10_000);
    flap("b");
    flap("b");
    flap("c");
    flap("c");
    lose("a");
    expect(now()).toBe("b");
    expect(reported("released")).toEqual([{ type: "released", gateway: "b", early: true }]);
    back("a");
    expect(now()).toBe("ab");
    jest.advanceTimersByTime(10_002);
    expect(now()).toBe("abc");
  });

  test("is told to be held only when that keeps it from being used", () => {
    const { flap, lose, back, reported } = setUp(10_000);
    flap("b");
    lose("b");
    jest.advanceTimersByTime(4000);
    expect(reported("held")).toEqual([]);
    back("b");
    flap("b");
    expect(reported("held")).toEqual([{ type: "held", gateway: "b", waitMs: 6000, losses: 2 }]);
    lose("b");
    jest.advanceTimersByTime(6000);
    back("b");
    lose("b");
    jest.advanceTimersByTime(20_000);
    back("b");
    expect(reported("held")).toHaveLength(1);
  });

  test("is used at once, and that is reported, when it comes back first after all others are gone", () => {
    const { flap, lose, back, now, reported } = setUp(10_000);
    flap("b");
    lose("b");
    lose("a");
    lose("c");
    back("b");
    jest.advanceTimersByTime(50);
    expect(now()).toBe("b");
    expect(reported("held", "released")).toEqual([{ type: "released", gateway: "b", early: true }]);
  });

  test("together with all others does not flap: that has a common cause", () => {
    const { pool, lose, back, now, flap } = setUp(10_000);
    for (let time = 0; time < 5; time++) {
      lose("a", "b", "c");
      pool.examine(PATHS);
      back("a", "b", "c");
      expect(now()).toBe("abc");
    }
    flap("a");
    expect(now()).toBe("abc");
    flap("a");
    expect(now()).toBe("bc");
  });

  test("is free as soon as that is found out", () => {
    const { pool, lose, back, now, flap, decide } = setUp(10_000);
    for (const gateway of GATEWAYS) flap(gateway);
    lose("a", "b", "c");
    back("a", "b", "c");
    expect(now()).toBe("a");
    pool.examine(PATHS);
    decide();
    expect(now()).toBe("abc");
  });

  test("is used before its hold is over when the quorum needs it, rather than one that is down", () => {
    const { flap, lose, now } = setUp(10_000, { least: 2 });
    flap("b");
    flap("b");
    lose("a");
    expect(now()).toBe("bc");
  });

  test("is used at once when the others cannot be nexthops", () => {
    const { flap, now, reject } = setUp(10_000);
    flap("b");
    flap("b");
    reject("a", "c");
    expect(now()).toBe("abc");
  });

  describe("since its way does", () => {
    test("is held as well", () => {
      const { now, reject, reported } = setUp(10_000);
      const flap = (): void => {
        reject("b");
        reject();
      };
      flap();
      expect(now()).toBe("abc");
      flap();
      expect(now()).toBe("ac");
      expect(reported("held")).toEqual([{ type: "held", gateway: "b", losses: 2, waitMs: expect.closeTo(10_000, -2) }]);
      jest.advanceTimersByTime(10_001);
      expect(now()).toBe("abc");
    });

    test("has one loss where its probes fail for the same reason", () => {
      const { now, reject, lose, back } = setUp(10_000);
      reject("b");
      lose("b");
      reject();
      expect(now()).toBe("ac");
      back("b");
      expect(now()).toBe("abc");
    });

    test("has none where it had no way from the start", () => {
      const { now, reject, flap } = setUp(10_000, {}, "ac");
      reject("b");
      flap("b");
      reject();
      flap("b");
      expect(now()).toBe("abc");
    });
  });

  test("every 3 s changes the routes a few times an hour instead of 1,200 times", () => {
    const run = (flapHold: number): number => {
      const { lose, back, served } = setUp(flapHold);
      let changes = 0;
      let last = served.at(-1);
      const count = (): void => {
        for (const set of served.splice(0)) {
          if (set !== last) changes++;
          last = set;
        }
      };
      for (let second = 0; second < 3600; second += 3) {
        if (second % 6 === 0) lose("b");
        else back("b");
        jest.advanceTimersByTime(3000);
        count();
      }
      return changes;
    };
    expect(run(0)).toBe(1200);
    expect(run(10_000)).toBeLessThanOrEqual(24);
    expect(run(30_000)).toBeLessThanOrEqual(18);
    console.log(`changes an hour: ${run(0)} without, ${run(10_000)} with 10s, ${run(30_000)} with 30s`);
  });
});
