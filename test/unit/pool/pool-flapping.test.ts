import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { GATEWAYS, setUp } from "./pool.fixture.ts";

/** A reading of the kernel in which no interface explains a loss. */
const PATHS = { links: [], devices: new Map<string, string>() };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a gateway that flaps", () => {
  test("is held from its second loss on, and used again at the end of the hold", () => {
    const { flap, used, reported } = setUp(10_000);
    flap("b");
    expect(used()).toBe("abc");
    flap("b");
    expect(used()).toBe("ac");
    jest.advanceTimersByTime(9990);
    expect(used()).toBe("ac");
    jest.advanceTimersByTime(12);
    expect(used()).toBe("abc");
    expect(reported("held", "released")).toEqual([
      { type: "held", gateway: "b", waitMs: 10_000, losses: 2 },
      { type: "released", gateway: "b", early: false },
    ]);
    expect(reported("selection")).toEqual([
      { type: "selection", held: ["b"], kept: [], shortage: undefined },
      { type: "selection", held: [], kept: [], shortage: undefined },
    ]);
  });

  test("is used after its next success when it is down at the end of its hold", () => {
    const { flap, fail, recover, used, reported } = setUp(10_000);
    flap("b");
    flap("b");
    fail("b");
    expect(reported("selection").at(-1)).toMatchObject({ held: [] }); // only a healthy gateway is held
    jest.advanceTimersByTime(10_001);
    expect(used()).toBe("ac");
    recover("b");
    expect(used()).toBe("abc");
    expect(reported("held")).toHaveLength(1);
  });

  test("is never held, and no event is reported, while -flap-hold is off", () => {
    const { flap, used, decisions, reported } = setUp(0);
    for (let loss = 0; loss < 20; loss++) flap("b");
    expect(used()).toBe("abc");
    expect(decisions).toHaveLength(41);
    expect(reported("held", "released", "selection")).toEqual([]);
  });

  test("is used when no gateway without a hold is left, the one whose hold ends first, and stays when others recover", () => {
    const { flap, fail, used, reported, recover } = setUp(10_000);
    flap("b");
    flap("b");
    flap("c");
    flap("c");
    fail("a");
    expect(used()).toBe("b");
    expect(reported("released")).toEqual([{ type: "released", gateway: "b", early: true }]);
    recover("a");
    expect(used()).toBe("ab");
    jest.advanceTimersByTime(10_002);
    expect(used()).toBe("abc");
  });

  test("is reported as held only when the hold keeps it from being used", () => {
    const { flap, fail, recover, reported } = setUp(10_000);
    flap("b");
    fail("b");
    jest.advanceTimersByTime(4000);
    expect(reported("held")).toEqual([]);
    recover("b");
    flap("b");
    expect(reported("held")).toEqual([{ type: "held", gateway: "b", waitMs: 6000, losses: 2 }]);
    fail("b");
    jest.advanceTimersByTime(6000);
    recover("b");
    fail("b");
    jest.advanceTimersByTime(20_000);
    recover("b");
    expect(reported("held")).toHaveLength(1);
  });

  test("is used at once, and its release is reported, when it is the first to recover after all have failed", () => {
    const { flap, fail, recover, used, reported } = setUp(10_000);
    flap("b");
    fail("b");
    fail("a");
    fail("c");
    recover("b");
    jest.advanceTimersByTime(50);
    expect(used()).toBe("b");
    expect(reported("held", "released")).toEqual([{ type: "released", gateway: "b", early: true }]);
  });

  test("is not held for losses together with all other gateways, which have a common cause", () => {
    const { pool, fail, recover, used, flap } = setUp(10_000);
    for (let time = 0; time < 5; time++) {
      fail("a", "b", "c");
      pool.examine(PATHS);
      recover("a", "b", "c");
      expect(used()).toBe("abc");
    }
    flap("a");
    expect(used()).toBe("abc");
    flap("a");
    expect(used()).toBe("bc");
  });

  test("is released as soon as the common cause of its loss is found", () => {
    const { pool, fail, recover, used, flap, decide } = setUp(10_000);
    for (const gateway of GATEWAYS) flap(gateway);
    fail("a", "b", "c");
    recover("a", "b", "c");
    expect(used()).toBe("a");
    pool.examine(PATHS);
    decide();
    expect(used()).toBe("abc");
  });

  test("is used during its hold when the quorum needs it, rather than a gateway that is down", () => {
    const { flap, fail, used } = setUp(10_000, { least: 2 });
    flap("b");
    flap("b");
    fail("a");
    expect(used()).toBe("bc");
  });

  test("is used during its hold when the others cannot be nexthops", () => {
    const { flap, used, reject } = setUp(10_000);
    flap("b");
    flap("b");
    reject("a", "c");
    expect(used()).toBe("abc");
  });

  test("every 3 s changes the gateways in use at most 24 times an hour with a hold, instead of 1,200 times", () => {
    const run = (flapHold: number): number => {
      const { fail, recover, decisions } = setUp(flapHold);
      let changes = 0;
      let last = decisions.at(-1);
      const count = (): void => {
        for (const set of decisions.splice(0)) {
          if (set !== last) changes++;
          last = set;
        }
      };
      for (let second = 0; second < 3600; second += 3) {
        if (second % 6 === 0) fail("b");
        else recover("b");
        jest.advanceTimersByTime(3000);
        count();
      }
      return changes;
    };
    expect(run(0)).toBe(1200);
    expect(run(10_000)).toBeLessThanOrEqual(24);
    expect(run(30_000)).toBeLessThanOrEqual(18);
  });
});

describe("a gateway that repeatedly cannot be a nexthop", () => {
  test("is held from its second loss on", () => {
    const { used, reject, reported } = setUp(10_000);
    const flap = (): void => {
      reject("b");
      reject();
    };
    flap();
    expect(used()).toBe("abc");
    flap();
    expect(used()).toBe("ac");
    expect(reported("held")).toEqual([{ type: "held", gateway: "b", losses: 2, waitMs: expect.closeTo(10_000, -2) }]);
    jest.advanceTimersByTime(10_001);
    expect(used()).toBe("abc");
  });

  test("has one loss when its probes fail at the same time", () => {
    const { used, reject, fail, recover } = setUp(10_000);
    reject("b");
    fail("b");
    reject();
    expect(used()).toBe("ac");
    recover("b");
    expect(used()).toBe("abc");
  });

  test("has one loss when the reason changes meanwhile", () => {
    const { used, reject, rejectBecause } = setUp(10_000);
    reject("b");
    rejectBecause("no route", "b");
    reject();
    expect(used()).toBe("abc");
  });

  test("has no loss when it could not be a nexthop from the start", () => {
    const { used, reject, flap } = setUp(10_000, {}, "ac");
    reject("b");
    flap("b");
    reject();
    flap("b");
    expect(used()).toBe("abc");
  });
});
