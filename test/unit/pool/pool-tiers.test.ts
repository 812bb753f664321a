import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { TierReport } from "../../../src/pool/events.ts";
import type { TierRules } from "../../../src/pool/tiers.ts";
import { FAIL, OK, openPool } from "./pool.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Tier 1 has a and b, tier 2 has c. */
const tiers = (changes: Partial<TierRules> = {}): TierRules => ({
  of: new Map([
    ["a", 1],
    ["b", 1],
    ["c", 2],
  ]),
  least: 1,
  shortage: "replace",
  failbackDelay: 0,
  ...changes,
});

/** A pool after its first round. */
function open(healthy: string, changes: Partial<TierRules> = {}, adopted: readonly string[] = []) {
  const opened = openPool({ tiers: tiers(changes), adopted });
  const { pool } = opened;
  const record = (gateways: string, result: typeof OK): void => {
    for (const gateway of gateways) pool.record(gateway, result);
  };
  for (const gateway of "abc") pool.record(gateway, healthy.includes(gateway) ? OK : FAIL);
  return { ...opened, fail: (some: string) => record(some, FAIL), recover: (some: string) => record(some, OK) };
}

const report = (one: number, two: number): TierReport => ({
  least: 1,
  shortage: "replace",
  counts: [
    { tier: 1, gateways: ["a", "b"], usable: one },
    { tier: 2, gateways: ["c"], usable: two },
  ],
});

describe("a pool with tiers", () => {
  test("uses the next tier when the first one is lost, and returns when it is back", () => {
    const { fail, recover, used, reported } = open("abc");
    expect(used()).toBe("ab");
    fail("ab");
    expect(used()).toBe("c");
    recover("b");
    expect(used()).toBe("b");
    expect(reported("selection").at(-1)).toMatchObject({ standby: ["c"] });
    expect(reported("tier", "failback")).toEqual([
      { type: "tier", tier: 1, before: undefined, ...report(2, 1) },
      { type: "tier", tier: 2, before: 1, ...report(0, 1) },
      { type: "tier", tier: 1, before: 2, ...report(1, 1) },
    ]);
  });

  test("returns by itself when the delay is over, with no other event", () => {
    const { fail, recover, used, reported } = open("abc", { failbackDelay: 60_000 });
    fail("ab");
    recover("a");
    expect(used()).toBe("c");
    jest.advanceTimersByTime(59_000);
    expect(used()).toBe("c");
    jest.advanceTimersByTime(1100);
    expect(used()).toBe("a");
    expect(reported("failback")).toEqual([
      { type: "failback", from: 2, to: { tier: 1, waitMs: 60_000 }, ...report(1, 1) },
    ]);
  });

  test("begins to wait anew, and reports that, when the better tier is lost in between", () => {
    const { fail, recover, used, reported } = open("abc", { failbackDelay: 60_000 });
    fail("ab");
    recover("a");
    jest.advanceTimersByTime(50_000);
    fail("a");
    recover("a");
    jest.advanceTimersByTime(50_000);
    expect(used()).toBe("c");
    jest.advanceTimersByTime(11_000);
    expect(used()).toBe("a");
    expect(reported("failback").map((event) => ("to" in event ? event.to : undefined))).toEqual([
      { tier: 1, waitMs: 60_000 },
      undefined,
      { tier: 1, waitMs: 60_000 },
    ]);
  });

  test("waits for the delay as well when it has found a worse tier in use at its start", () => {
    const { used, reported } = open("abc", { failbackDelay: 60_000 }, ["c"]);
    expect(used()).toBe("c");
    expect(reported("tier")).toEqual([{ type: "tier", tier: 2, before: undefined, ...report(2, 1) }]);
    jest.advanceTimersByTime(60_100);
    expect(used()).toBe("ab");
  });

  test("does not wait when it starts with nothing in use", () => {
    expect(open("abc", { failbackDelay: 60_000 }).used()).toBe("ab");
  });

  test("has no more to wait for after it was stopped", () => {
    const { fail, recover, used, pool } = open("abc", { failbackDelay: 60_000 });
    fail("ab");
    recover("a");
    pool.stop();
    jest.advanceTimersByTime(120_000);
    expect(used()).toBe("c");
  });
});

describe("a drain in a pool with tiers", () => {
  test("of the last gateway of a tier gives the traffic to the next one, and its end takes it back", () => {
    const { pool, fail, used, reported } = open("abc");
    fail("b");
    pool.setDrained("a");
    expect(used()).toBe("c");
    expect(reported("selection").at(-1)).toMatchObject({ drained: ["a"], standby: [] });
    pool.setDrained();
    expect(used()).toBe("a");
    expect(reported("tier")).toMatchObject([{ tier: 1 }, { tier: 2, ...report(0, 1) }, { tier: 1, ...report(1, 1) }]);
  });

  test("of a gateway that stands by changes no tier, and one of the last usable gateway is found", () => {
    const { pool, fail, used, reported } = open("abc");
    pool.setDrained("c");
    expect(used()).toBe("ab");
    expect(reported("selection").at(-1)).toMatchObject({ drained: ["c"], standby: [] });
    fail("b");
    expect(pool.isLast("a")).toBe(true);
    pool.setDrained();
    expect(["a", "c"].map((gateway) => pool.isLast(gateway))).toEqual([false, false]);
  });

  test("is found to take the last healthy gateway where the quorum lets others of its tier be used", () => {
    const opened = openPool({ tiers: tiers(), quorum: { least: 3, policy: "all" } });
    for (const gateway of "abc") opened.pool.record(gateway, gateway === "a" ? OK : FAIL);
    expect(opened.used()).toBe("ab");
    expect(opened.pool.isLast("a")).toBe(true);
  });
});
