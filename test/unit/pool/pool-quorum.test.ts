import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import { QUORUM_POLICIES } from "../../../src/pool/quorum.ts";
import { FAIL, GATEWAYS, OK, openPool, setUp } from "./pool.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("while fewer gateways are healthy than the quorum needs, the policy", () => {
  test("keep uses the gateways that were lost last until enough others have recovered", () => {
    const { fail, recover, used, reported, pool } = setUp(0, { least: 2 });
    fail("a");
    expect(used()).toBe("bc");
    fail("b", "c");
    expect(used()).toBe("bc");
    expect([...pool.kept]).toEqual(["b", "c"]);
    recover("a");
    jest.advanceTimersByTime(50);
    expect(used()).toBe("ac");
    recover("b");
    expect(used()).toBe("ab");
    expect(pool.kept.size).toBe(0);
    expect(reported("selection").at(-1)).toEqual({ type: "selection", held: [], kept: [], shortage: undefined });
  });

  test("keep uses a gateway of an earlier run that fails its first probe", () => {
    const { pool, used } = openPool({ quorum: { least: 1 }, adopted: ["b"] });
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    expect(used()).toBe("b");
  });

  test("keep uses no gateway that was never healthy", () => {
    expect(setUp(0, { least: 1 }, "").used()).toBe("");
  });

  test("all uses the whole range until enough gateways are healthy", () => {
    const { fail, recover, used } = setUp(0, { least: 2, policy: "all" });
    fail("a");
    expect(used()).toBe("bc");
    fail("b");
    expect(used()).toBe("abc");
    recover("a");
    expect(used()).toBe("ac");
  });

  test("none uses no gateway until enough are healthy", () => {
    const { fail, recover, used, reported } = setUp(0, { least: 2, policy: "none" });
    fail("a", "b");
    expect(used()).toBe("");
    expect(reported("selection")).toEqual([
      { type: "selection", held: [], kept: [], shortage: { least: 2, policy: "none", healthy: 1, total: 3 } },
    ]);
    recover("a");
    jest.advanceTimersByTime(50);
    expect(used()).toBe("ac");
  });
});

test("without hold and quorum exactly the healthy gateways are used, and no selection is reported", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...GATEWAYS), fc.boolean()), { maxLength: 60 }), (steps) => {
      const { pool, used, reported } = setUp(0);
      const up = new Set(GATEWAYS);
      for (const [gateway, healthy] of steps) {
        pool.record(gateway, healthy ? OK : FAIL);
        if (healthy) up.add(gateway);
        else up.delete(gateway);
        jest.advanceTimersByTime(41);
        expect(used()).toBe(GATEWAYS.filter((one) => up.has(one)).join(""));
      }
      expect(reported("held", "released", "selection")).toEqual([]);
    }),
  );
});

test("with hold and quorum a healthy gateway is used whenever there is one, and each hold ends", () => {
  const step = fc.tuple(fc.constantFrom(...GATEWAYS), fc.boolean(), fc.nat(60_000));
  const quorums = fc.record({ least: fc.nat(3), policy: fc.constantFrom(...QUORUM_POLICIES) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 60_000 }),
      quorums,
      (steps, hold, quorum) => {
        const { pool, used } = setUp(hold, quorum);
        const up = new Set(GATEWAYS);
        for (const [gateway, healthy, pause] of steps) {
          pool.record(gateway, healthy ? OK : FAIL);
          if (healthy) up.add(gateway);
          else up.delete(gateway);
          jest.advanceTimersByTime(pause + 41);
          const short = up.size < quorum.least;
          if (up.size > 0 && !(short && quorum.policy === "none")) {
            expect([...used()!].some((one) => up.has(one))).toBe(true);
            expect(used()!.length).toBeGreaterThanOrEqual(Math.min(quorum.least, up.size));
          }
          if (quorum.least === 0) for (const one of used()!) expect(up).toContain(one);
        }
        for (const gateway of GATEWAYS) pool.record(gateway, OK);
        jest.advanceTimersByTime(64 * 60_000 + 50);
        expect(used()).toBe("abc");
      },
    ),
    { numRuns: 60 },
  );
});
