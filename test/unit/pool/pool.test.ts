import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { ProbeResult } from "../../../src/probe/probe.ts";
import { FAIL, GATEWAYS, openPool } from "./pool.fixture.ts";

const ok = (seconds = 0.01): ProbeResult => ({ kind: "success", seconds, status: 200 });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("the first decision", () => {
  test("is made when every gateway has had its first result", () => {
    const { pool, served } = openPool();
    pool.record("a", ok());
    pool.record("b", FAIL);
    pool.record("a", ok());
    expect(served).toEqual([]);
    pool.record("c", ok());
    expect(served).toEqual(["ac"]);
  });

  test("is made without any healthy gateway too: routes of an earlier run have to go", () => {
    const { pool, served } = openPool();
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    expect(served).toEqual([""]);
  });

  test("keeps a gateway that carries traffic since an earlier run until it has failed -fall times", () => {
    const { pool, served } = openPool({ adopted: ["a"], thresholds: { rise: 1, fall: 2 } });
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    expect(served).toEqual(["a"]);
  });
});

test("after the first decision each change is passed on at once, and nothing else is", () => {
  const { pool, served } = openPool();
  for (const gateway of GATEWAYS) pool.record(gateway, ok());
  pool.record("a", ok());
  pool.record("b", FAIL);
  pool.record("b", FAIL);
  expect(served).toEqual(["abc", "ac"]);
});

describe("after a time without any healthy gateway", () => {
  function allDown() {
    const opened = openPool();
    for (const gateway of GATEWAYS) opened.pool.record(gateway, FAIL);
    opened.served.length = 0;
    return opened;
  }

  test("the first gateway to answer waits 40 ms for the others, and no longer", () => {
    const { pool, served } = allDown();
    pool.record("b", ok());
    jest.advanceTimersByTime(39);
    expect(served).toEqual([]);
    pool.record("c", ok());
    jest.advanceTimersByTime(1);
    expect(served).toEqual(["bc"]);
    jest.advanceTimersByTime(1000);
    pool.record("a", ok());
    expect(served).toEqual(["bc", "abc"]);
  });

  test("a decision for another reason does not use it before that", () => {
    const { pool, served, decide } = allDown();
    pool.record("b", ok());
    decide();
    expect(served).toEqual([""]);
  });

  test("no gateway waits when all are back", () => {
    const { pool, served } = allDown();
    for (const gateway of GATEWAYS) pool.record(gateway, ok());
    expect(served).toEqual(["abc"]);
    jest.advanceTimersByTime(1000);
    expect(served).toHaveLength(1);
  });

  test("the first gateway to answer waits as well while one that is down is used", () => {
    const { pool, served } = openPool({ quorum: { least: 1 }, adopted: ["c"] });
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    pool.record("a", ok());
    pool.record("b", ok());
    expect(served).toEqual(["c"]);
    jest.advanceTimersByTime(41);
    expect(served).toEqual(["c", "ab"]);
  });
});

test("each change of a gateway is reported with its state before and the counts after it", () => {
  const { pool, reported } = openPool();
  pool.record("a", ok());
  pool.record("b", FAIL);
  pool.record("a", FAIL);
  const detail = "connection refused";
  expect(reported("gateway")).toEqual([
    { type: "gateway", gateway: "a", before: "unknown", status: "up", detail: "status 200", up: 1, down: 0, total: 3 },
    { type: "gateway", gateway: "b", before: "unknown", status: "down", detail, up: 1, down: 1, total: 3 },
    { type: "gateway", gateway: "a", before: "up", status: "down", detail, up: 0, down: 2, total: 3 },
  ]);
});

test("a cycle is over when every gateway has had a result since the last one, and lasts as long as its slowest probe", () => {
  const { pool, reported } = openPool();
  pool.record("a", ok(0.5));
  pool.record("a", ok(0.1));
  pool.record("b", ok(0.2));
  expect(reported("cycle")).toEqual([]);
  pool.record("c", ok(0.3));
  pool.record("a", ok(0.1));
  pool.record("b", ok(0.1));
  pool.record("c", ok(0.2));
  expect(reported("cycle")).toEqual([
    { type: "cycle", seconds: 0.5, up: 3 },
    { type: "cycle", seconds: 0.2, up: 3 },
  ]);
});

test("the kernel is read for the cause when the last healthy gateway is lost, after the decision", () => {
  const { pool, readings, served } = openPool();
  for (const gateway of GATEWAYS) pool.record(gateway, ok());
  pool.record("a", FAIL);
  pool.record("b", FAIL);
  jest.advanceTimersByTime(1);
  expect(readings()).toBe(0);
  pool.record("c", FAIL);
  expect([readings(), served.at(-1)]).toEqual([0, ""]);
  jest.advanceTimersByTime(1);
  expect(readings()).toBe(1);
});

describe("gateways that cannot be nexthops", () => {
  test("are reported with their reason once, and again when they can be", () => {
    const { pool, reject, reported, decide } = openPool();
    for (const gateway of GATEWAYS) pool.record(gateway, ok());
    expect(pool.hasUnusable).toBe(false);
    reject("a", "b");
    decide();
    expect(pool.hasUnusable).toBe(true);
    reject("b");
    const fault = { code: "not-connected", detail: "not on-link" } as const;
    expect(reported("unusable", "usable")).toEqual([
      { type: "unusable", gateways: ["a", "b"], fault, count: 2 },
      { type: "usable", gateways: ["a"], count: 1 },
    ]);
  });
});
