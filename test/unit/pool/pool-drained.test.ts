import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { QUORUM_POLICIES } from "../../../src/pool/quorum.ts";
import { FAIL, GATEWAYS, OK, openPool, setUp } from "./pool.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("a drained gateway leaves the choice at once, and comes back at once", () => {
  const { pool, used } = setUp(0);
  pool.setDrained("b");
  expect(used()).toBe("ac");
  pool.setDrained();
  expect(used()).toBe("abc");
});

test("a drained gateway is probed, and its changes are reported", () => {
  const { pool, used, reported, fail, recover } = setUp(0);
  pool.setDrained("b");
  fail("b");
  recover("b");
  expect(reported("gateway").slice(-2)).toMatchObject([
    { gateway: "b", status: "down", up: 2, down: 1, total: 3 },
    { gateway: "b", status: "up", up: 3 },
  ]);
  expect(used()).toBe("ac");
});

test("drained gateways that are healthy are reported with each choice", () => {
  const { pool, reported, fail } = setUp(0);
  pool.setDrained("b", "c");
  expect(reported("selection").at(-1)).toMatchObject({ drained: ["b", "c"] });
  fail("c");
  expect(reported("selection").at(-1)).toMatchObject({ drained: ["b"] });
  pool.setDrained();
  expect(reported("selection").at(-1)).not.toHaveProperty("drained");
});

test("a drain of a gateway that the pool does not have changes nothing", () => {
  const { pool, decisions } = setUp(0);
  const before = decisions.length;
  pool.setDrained("elsewhere");
  expect(decisions.length).toBe(before);
});

describe("the first round of probes", () => {
  test("does not wait for a drained gateway", () => {
    const { pool, used } = openPool({ drained: ["c"] });
    pool.record("a", OK);
    expect(used()).toBeUndefined();
    pool.record("b", FAIL);
    expect(used()).toBe("a");
  });

  test("ends where all gateways are drained", () => {
    const { pool, used } = openPool({ drained: GATEWAYS });
    pool.record("b", OK);
    expect(used()).toBe("");
  });

  test("is waited for before a drain has an effect", () => {
    const { pool, used, decisions } = openPool({ adopted: GATEWAYS });
    pool.setDrained("a");
    expect(decisions).toEqual([]);
    for (const gateway of GATEWAYS) pool.record(gateway, OK);
    expect(used()).toBe("bc");
  });
});

describe("while fewer gateways are healthy than the quorum needs", () => {
  test.each(QUORUM_POLICIES)("%s does not use a drained gateway, healthy or not", (policy) => {
    const { pool, used, fail } = setUp(0, { least: 3, policy });
    pool.setDrained("a");
    expect(used()).toBe(policy === "none" ? "" : "bc");
    fail("a");
    expect(used()).toBe(policy === "none" ? "" : "bc");
    fail("b");
    expect(used()).toBe(policy === "none" ? "" : "bc");
    expect([...pool.kept]).toEqual(policy === "none" ? [] : ["b"]);
  });

  test("drained gateways are not counted", () => {
    const { pool, reported } = setUp(0, { least: 2 });
    pool.setDrained("a");
    expect(reported("selection").at(-1)).toMatchObject({ shortage: undefined });
    pool.setDrained("a", "b");
    expect(reported("selection").at(-1)).toMatchObject({ shortage: { least: 2, healthy: 1, total: 1 } });
  });

  test("a gateway that went down while it was drained counts as lost once it is not any more", () => {
    const { pool, used, fail } = setUp(0, { least: 2 });
    pool.setDrained("a");
    fail("a");
    pool.setDrained();
    fail("b");
    expect(used()).toBe("bc");
    expect([...pool.kept]).toEqual(["b"]);
  });
});

describe("a flap hold", () => {
  test("is not begun by what happens to a drained gateway", () => {
    const { pool, used, flap } = setUp(1000);
    pool.setDrained("a");
    for (let i = 0; i < 5; i++) flap("a");
    pool.setDrained();
    expect(used()).toBe("abc");
    flap("a");
    expect(used()).toBe("abc"); // the first loss that counts is an accident
  });

  test("goes on while its gateway is drained, and is not reported as ended", () => {
    const { pool, used, flap, reported } = setUp(1000);
    flap("a");
    flap("a");
    expect(used()).toBe("bc");
    pool.setDrained("a");
    jest.advanceTimersByTime(500);
    expect(reported("released")).toEqual([]);
    pool.setDrained();
    expect(used()).toBe("bc");
    jest.advanceTimersByTime(501);
    expect(used()).toBe("abc");
    expect(reported("released")).toEqual([{ type: "released", gateway: "a", early: false }]);
  });

  test("ends early where a drain leaves no other gateway", () => {
    const { pool, used, flap } = setUp(1000);
    flap("a");
    flap("a");
    pool.setDrained("b", "c");
    expect(used()).toBe("a");
  });

  test("of a drained gateway does not end early for the others", () => {
    const { pool, used, flap, fail } = setUp(1000);
    flap("a");
    flap("a");
    pool.setDrained("a");
    fail("b", "c");
    expect(used()).toBe("");
  });
});

describe("a loss of all gateways in service", () => {
  test("is looked into although a drained one is healthy", () => {
    const { pool, fail, readings } = setUp(0);
    pool.setDrained("a");
    fail("b", "c");
    jest.advanceTimersByTime(1);
    expect(readings()).toBe(1);
  });

  test("is none where a drained gateway goes down", () => {
    const { pool, fail, readings } = setUp(0);
    pool.setDrained("b", "c");
    fail("b", "c");
    jest.advanceTimersByTime(1);
    expect(readings()).toBe(0);
  });
});
