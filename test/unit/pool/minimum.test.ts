import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import { QUORUM_POLICIES } from "../../../src/pool/quorum.ts";
import { FAIL, GATEWAYS, OK, openPool, setUp } from "./pool.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("too few healthy gateways", () => {
  test("keep: the last that were lost stay until enough others are back", () => {
    const { lose, back, now, reported, pool } = setUp(0, { least: 2 });
    lose("a");
    expect(now()).toBe("bc");
    lose("b", "c");
    expect(now()).toBe("bc");
    expect([...pool.kept]).toEqual(["b", "c"]);
    back("a");
    jest.advanceTimersByTime(50);
    expect(now()).toBe("ac");
    back("b");
    expect(now()).toBe("ab");
    expect(pool.kept.size).toBe(0);
    expect(reported("selection").at(-1)).toEqual({ type: "selection", held: [], kept: [], shortage: undefined });
  });

  test("keep: gateways in use from an earlier run count as lost when they fail", () => {
    const { pool, now } = openPool({ quorum: { least: 1 }, adopted: ["b"] });
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    expect(now()).toBe("b");
  });

  test("keep: nothing is kept that was never healthy", () => {
    expect(setUp(0, { least: 1 }, "").now()).toBe("");
  });

  test("all: the whole range is used, and exactly the healthy ones again as soon as there are enough", () => {
    const { lose, back, now } = setUp(0, { least: 2, policy: "all" });
    lose("a");
    expect(now()).toBe("bc");
    lose("b");
    expect(now()).toBe("abc");
    back("a");
    expect(now()).toBe("ac");
  });

  test("none: no gateway is used", () => {
    const { lose, back, now, reported } = setUp(0, { least: 2, policy: "none" });
    lose("a", "b");
    expect(now()).toBe("");
    expect(reported("selection")).toEqual([
      { type: "selection", held: [], kept: [], shortage: { least: 2, policy: "none", healthy: 1, total: 3 } },
    ]);
    back("a");
    jest.advanceTimersByTime(50);
    expect(now()).toBe("ac");
  });
});

test("with everything off exactly the healthy gateways are used, and nothing is told of it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...GATEWAYS), fc.boolean()), { maxLength: 60 }), (steps) => {
      const { pool, now, reported } = setUp(0);
      const up = new Set(GATEWAYS);
      for (const [gateway, healthy] of steps) {
        pool.record(gateway, healthy ? OK : FAIL);
        if (healthy) up.add(gateway);
        else up.delete(gateway);
        jest.advanceTimersByTime(41);
        expect(now()).toBe(GATEWAYS.filter((one) => up.has(one)).join(""));
      }
      expect(reported("held", "released", "selection")).toEqual([]);
    }),
  );
});

test("whatever the gateways do: with a healthy one some gateway is used, and nobody is held for ever", () => {
  const step = fc.tuple(fc.constantFrom(...GATEWAYS), fc.boolean(), fc.nat(60_000));
  const quorum = fc.record({ least: fc.nat(3), policy: fc.constantFrom(...QUORUM_POLICIES) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 60_000 }),
      quorum,
      (steps, hold, asked) => {
        const { pool, now } = setUp(hold, asked);
        const up = new Set(GATEWAYS);
        for (const [gateway, healthy, pause] of steps) {
          pool.record(gateway, healthy ? OK : FAIL);
          if (healthy) up.add(gateway);
          else up.delete(gateway);
          jest.advanceTimersByTime(pause + 41);
          const short = up.size < asked.least;
          if (up.size > 0 && !(short && asked.policy === "none")) {
            expect([...now()!].some((one) => up.has(one))).toBe(true);
            expect(now()!.length).toBeGreaterThanOrEqual(Math.min(asked.least, up.size));
          }
          if (asked.least === 0) for (const one of now()!) expect(up).toContain(one);
        }
        for (const gateway of GATEWAYS) pool.record(gateway, OK);
        jest.advanceTimersByTime(64 * 60_000 + 50);
        expect(now()).toBe("abc");
      },
    ),
    { numRuns: 60 },
  );
});
