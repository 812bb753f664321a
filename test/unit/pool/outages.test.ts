import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { FAIL, OK, openPool, setUp } from "./pool.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The flap hold of these tests, in milliseconds. */
const HOLD = 10_000;

describe("an outage", () => {
  test("begins with the loss of the last healthy gateway, and ends when one carries traffic again", () => {
    const { fail, recover, reported } = setUp(0);
    fail("a", "b");
    expect(reported("outage")).toEqual([]);
    fail("c");
    jest.advanceTimersByTime(5000);
    fail("a");
    recover("b");
    jest.advanceTimersByTime(50);
    expect(reported("outage", "outage-over")).toEqual([
      { type: "outage", down: 3, drained: 0, total: 3, isUsed: false },
      { type: "outage-over", seconds: expect.closeTo(5.04, 1), used: 1, total: 3 },
    ]);
  });

  test("is also one of gateways that are used although they are down", () => {
    const { fail, reported } = setUp(0, { least: 1, policy: "all" });
    fail("a", "b", "c");
    expect(reported("outage")).toEqual([{ type: "outage", down: 3, drained: 0, total: 3, isUsed: true }]);
  });

  test("is also one of healthy gateways that are drained, or no nexthops", () => {
    const { pool, reject, reported } = setUp(0);
    pool.setDrained("a");
    reject("b", "c");
    expect(reported("outage")).toEqual([{ type: "outage", down: 0, drained: 1, total: 3, isUsed: false }]);
    reject("c");
    expect(reported("outage-over")).toMatchObject([{ used: 1, total: 3 }]);
  });

  test("is reported from the first round of probes on, and not before it", () => {
    const { pool, decide, reported } = openPool();
    decide();
    pool.record("a", FAIL);
    pool.record("b", FAIL);
    expect(reported("outage", "begun")).toEqual([]);
    pool.record("c", FAIL);
    expect(reported("outage", "begun").map(({ type }) => type)).toEqual(["begun", "outage"]);
  });
});

test("the first round of probes is reported once, with the reasons of those that are down", () => {
  const { pool, reported } = openPool({ drained: ["c"] });
  pool.record("a", OK);
  pool.record("b", FAIL);
  pool.record("b", OK);
  expect(reported("begun")).toEqual([
    { type: "begun", up: 1, total: 2, down: [{ gateway: "b", detail: "connection refused" }] },
  ]);
  expect(reported("gateway").map((event) => "first" in event)).toEqual([true, true, false]);
});

test("changes of a drained gateway say that it is drained", () => {
  const { pool, fail, reported } = setUp(0);
  pool.setDrained("a");
  fail("a", "b");
  expect(reported("gateway").slice(-2)).toMatchObject([{ gateway: "a", isDrained: true }, { gateway: "b" }]);
  expect(reported("gateway").at(-1)).not.toHaveProperty("isDrained");
});

describe("a gateway that flaps", () => {
  test("has its hold in the report of the loss that begins it, and is reported as held until the end", () => {
    const { fail, recover, flap, reported } = setUp(HOLD);
    flap("b");
    fail("b");
    expect(reported("gateway").at(-1)).toMatchObject({ status: "down", flaps: { losses: 2, waitMs: HOLD } });
    for (let second = 1; second < 10; second++) {
      jest.advanceTimersByTime(500);
      recover("b");
      jest.advanceTimersByTime(500);
      fail("b");
    }
    const within = reported("gateway").slice(-18);
    expect(within.every((event) => "held" in event && !("flaps" in event))).toBe(true);
    jest.advanceTimersByTime(1001);
    recover("b");
    expect(reported("gateway").at(-1)).not.toHaveProperty("held");
    fail("b");
    expect(reported("gateway").at(-1)).toMatchObject({ flaps: { losses: 3, waitMs: 2 * HOLD } });
  });

  test("is reported as used again where it came up right before the end of its hold", () => {
    const { fail, recover, flap, decide, reported } = setUp(HOLD);
    flap("b");
    fail("b");
    jest.advanceTimersByTime(HOLD - 20);
    fail("a", "c");
    recover("b"); // the decision comes 40 ms later, since no gateway is in use
    expect(reported("gateway").at(-1)).toHaveProperty("held");
    jest.advanceTimersByTime(50);
    expect(reported("released")).toEqual([{ type: "released", gateway: "b", early: false }]);
    decide();
    expect(reported("released")).toHaveLength(1);
  });

  test("is no longer reported as held after a hold that ended early", () => {
    const { pool, fail, flap, reported } = setUp(HOLD);
    pool.setDrained("a", "c");
    flap("b");
    fail("b");
    expect(reported("gateway").at(-1)).toHaveProperty("flaps"); // the last one: its hold ends as it returns
    pool.record("b", OK);
    jest.advanceTimersByTime(50);
    expect(reported("released")).toEqual([{ type: "released", gateway: "b", early: true }]);
    fail("b");
    expect(reported("gateway").at(-1)).not.toHaveProperty("held");
  });

  test("is reported as lost where only a lost route to it has begun its hold, of which nothing was said", () => {
    const { fail, reject, reported } = setUp(HOLD);
    reject("b");
    reject();
    reject("b");
    fail("b");
    expect(reported("held")).toEqual([]);
    expect(reported("gateway").at(-1)).not.toHaveProperty("held");
    expect(reported("gateway").at(-1)).not.toHaveProperty("flaps");
  });

  test("is reported as no nexthop, and as one again, only until its hold is reported", () => {
    const { reject, reported } = setUp(HOLD);
    for (let time = 0; time < 5; time++) {
      reject("b");
      reject();
    }
    const quiet = reported("unusable", "usable").map((event) => "held" in event);
    expect(quiet).toEqual([false, false, false, false, true, true, true, true, true, true]);
    expect(reported("held")).toHaveLength(1);
  });
});
