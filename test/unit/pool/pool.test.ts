import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { ProbeResult } from "../../../src/probe/probe.ts";
import { FAIL, GATEWAYS, openPool } from "./pool.fixture.ts";

const ok = (seconds = 0.01): ProbeResult => ({ kind: "success", seconds, detail: "status 200", status: 200 });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("the first decision", () => {
  test("is made once every gateway has had its first result", () => {
    const { pool, decisions } = openPool();
    pool.record("a", ok());
    pool.record("b", FAIL);
    pool.record("a", ok());
    expect(decisions).toEqual([]);
    pool.record("c", ok());
    expect(decisions).toEqual(["ac"]);
  });

  test("is made also when no gateway is healthy, so that the routes of an earlier run are removed", () => {
    const { pool, decisions } = openPool();
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    expect(decisions).toEqual([""]);
  });

  test("uses a gateway that carries traffic since an earlier run until it has failed -fall times", () => {
    const { pool, decisions } = openPool({ adopted: ["a"], thresholds: { rise: 1, fall: 2 } });
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    expect(decisions).toEqual(["a"]);
  });
});

test("after the first decision each change of a gateway causes another at once, and a repeated result causes none", () => {
  const { pool, decisions } = openPool();
  for (const gateway of GATEWAYS) pool.record(gateway, ok());
  pool.record("a", ok());
  pool.record("b", FAIL);
  pool.record("b", FAIL);
  expect(decisions).toEqual(["abc", "ac"]);
});

describe("while no gateway was healthy before", () => {
  function allDown() {
    const opened = openPool();
    for (const gateway of GATEWAYS) opened.pool.record(gateway, FAIL);
    opened.decisions.length = 0;
    return opened;
  }

  test("the first gateway to recover is used 40 ms later, with those that recover meanwhile", () => {
    const { pool, decisions } = allDown();
    pool.record("b", ok());
    jest.advanceTimersByTime(39);
    expect(decisions).toEqual([]);
    pool.record("c", ok());
    jest.advanceTimersByTime(1);
    expect(decisions).toEqual(["bc"]);
    jest.advanceTimersByTime(1000);
    pool.record("a", ok());
    expect(decisions).toEqual(["bc", "abc"]);
  });

  test("the first gateway to recover is not used earlier by a decision for another reason", () => {
    const { pool, decisions, decide } = allDown();
    pool.record("b", ok());
    decide();
    expect(decisions).toEqual([""]);
  });

  test("all gateways are used at once when all have recovered", () => {
    const { pool, decisions } = allDown();
    for (const gateway of GATEWAYS) pool.record(gateway, ok());
    expect(decisions).toEqual(["abc"]);
    jest.advanceTimersByTime(1000);
    expect(decisions).toHaveLength(1);
  });

  test("the first gateway to recover is used 40 ms later also when a gateway that is down is in use", () => {
    const { pool, decisions } = openPool({ quorum: { least: 1 }, adopted: ["c"] });
    for (const gateway of GATEWAYS) pool.record(gateway, FAIL);
    pool.record("a", ok());
    pool.record("b", ok());
    expect(decisions).toEqual(["c"]);
    jest.advanceTimersByTime(41);
    expect(decisions).toEqual(["c", "ab"]);
  });
});

test("each change of a gateway is reported with its state before the change and the counts after it", () => {
  const { pool, reported } = openPool();
  pool.record("a", ok());
  pool.record("b", FAIL);
  pool.record("a", FAIL);
  const detail = "connection refused";
  const first = { first: true } as const;
  expect(reported("gateway")).toEqual([
    {
      type: "gateway",
      gateway: "a",
      before: "unknown",
      status: "up",
      detail: "status 200",
      up: 1,
      down: 0,
      total: 3,
      ...first,
    },
    { type: "gateway", gateway: "b", before: "unknown", status: "down", detail, up: 1, down: 1, total: 3, ...first },
    { type: "gateway", gateway: "a", before: "up", status: "down", detail, up: 0, down: 2, total: 3 },
  ]);
});

test("a cycle ends when every gateway has had a result since the last one, and is reported with its slowest probe", () => {
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

test("a reading of the kernel is requested after the decision that follows the loss of the last healthy gateway", () => {
  const { pool, readings, decisions } = openPool();
  for (const gateway of GATEWAYS) pool.record(gateway, ok());
  pool.record("a", FAIL);
  pool.record("b", FAIL);
  jest.advanceTimersByTime(1);
  expect(readings()).toBe(0);
  pool.record("c", FAIL);
  expect([readings(), decisions.at(-1)]).toEqual([0, ""]);
  jest.advanceTimersByTime(1);
  expect(readings()).toBe(1);
});

describe("gateways that cannot be nexthops", () => {
  test("are reported once with their fault, and once more when they can be nexthops", () => {
    const { pool, reject, reported, decide } = openPool();
    for (const gateway of GATEWAYS) pool.record(gateway, ok());
    reject("a", "b");
    decide();
    reject("b");
    const fault = { code: "not-connected", detail: "not on-link" } as const;
    expect(reported("unusable", "usable")).toEqual([
      { type: "unusable", gateways: ["a", "b"], fault, count: 2 },
      { type: "usable", gateways: ["a"], count: 1 },
    ]);
  });
});
