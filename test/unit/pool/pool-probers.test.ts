import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { ProberRule } from "../../../src/pool/gateway-health.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { FAIL, GATEWAYS, OK, openPool, type PoolSettings } from "./pool.fixture.ts";

const ONCE = { rise: 1, fall: 1 };
const PROBERS: readonly [ProberRule, ...ProberRule[]] = [
  { name: "http", thresholds: ONCE },
  { name: "icmp", thresholds: { rise: 1, fall: 2 }, namesItself: true },
];
const SILENT: ProbeResult = {
  kind: "failure",
  seconds: 1,
  code: "timeout",
  detail: "icmp 1.1.1.1, 9.9.9.9: no answer through it",
};
const LOSS = { code: "loss", detail: "loss 35% of 60 probes (limit 20%, ends at 10%)" } as const;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A pool with two probers; `record("icmp", OK, "a", "b")` are results of these gateways. */
function open(settings: PoolSettings = {}) {
  const opened = openPool({ probers: PROBERS, ...settings });
  const record = (prober: string, result: ProbeResult, ...gateways: readonly string[]): void =>
    gateways.forEach((gateway) => opened.pool.record(gateway, result, false, prober));
  return { ...opened, record };
}

/** The same, of which all gateways are up. */
function openUp(settings: PoolSettings = {}) {
  const opened = open(settings);
  for (const { name } of PROBERS) opened.record(name, OK, ...GATEWAYS);
  return opened;
}

describe("the first decision of a pool with several probers", () => {
  test("is made once every gateway has had a result of each", () => {
    const { record, decisions } = open();
    record("http", OK, ...GATEWAYS);
    record("icmp", OK, "a", "b");
    record("http", OK, ...GATEWAYS);
    expect(decisions).toEqual([]);
    record("icmp", OK, "c");
    expect(decisions).toEqual(["abc"]);
  });

  test("does not wait for a prober whose result cannot change the status of its gateway", () => {
    const all = open();
    all.record("http", OK, "a", "b");
    all.record("http", FAIL, "c");
    all.record("icmp", OK, "a", "b");
    expect(all.decisions).toEqual(["ab"]);
    const any = open({ requirement: "any" });
    any.record("http", OK, "a", "b", "c");
    expect(any.decisions).toEqual(["abc"]);
  });

  test("waits for every prober of a gateway that fails, where any is enough", () => {
    const { record, decisions, reported } = open({ requirement: "any" });
    record("http", OK, "a", "b");
    record("http", FAIL, "c");
    expect(decisions).toEqual([]);
    record("icmp", SILENT, "c");
    expect(decisions).toEqual(["ab"]);
    const detail = `http: connection refused; ${SILENT.detail}`;
    expect(reported("gateway").at(-1)).toMatchObject({ gateway: "c", before: "unknown", status: "down", detail });
  });

  test("waits for all results of a gateway that an earlier run left up", () => {
    const { record, decisions } = open({ adopted: ["a"] });
    record("icmp", SILENT, "a");
    for (const { name } of PROBERS) record(name, OK, "b", "c");
    expect(decisions).toEqual([]);
    record("http", OK, "a");
    expect(decisions).toEqual(["abc"]);
  });
});

test("a gateway goes down with its first prober, and is up again once all succeed", () => {
  const { record, used, reported } = openUp();
  record("icmp", SILENT, "a");
  expect(used()).toBe("abc");
  record("icmp", SILENT, "a");
  expect(used()).toBe("bc");
  record("http", FAIL, "a");
  record("icmp", OK, "a");
  expect(used()).toBe("bc");
  record("http", OK, "a");
  expect(used()).toBe("abc");
  const ofA = { type: "gateway", gateway: "a", total: 3 };
  expect(reported("gateway").slice(3)).toEqual([
    { ...ofA, before: "up", status: "down", detail: SILENT.detail, up: 2, down: 1 },
    { ...ofA, before: "down", status: "up", detail: "http: status 200", up: 3, down: 0 },
  ] as never[]);
});

test("each probe is reported with its prober and the failures of that one in a row", () => {
  const { record, reported } = openUp();
  const before = reported("probe").length;
  record("icmp", SILENT, "a", "a");
  record("http", FAIL, "a");
  expect(reported("probe").slice(before)).toEqual([
    { type: "probe", gateway: "a", prober: "icmp", result: SILENT, failures: 1 },
    { type: "probe", gateway: "a", prober: "icmp", result: SILENT, failures: 2 },
    { type: "probe", gateway: "a", prober: "http", result: FAIL, failures: 1 },
  ]);
});

test("a probe of the only prober is reported without its name", () => {
  const { pool, reported } = openPool({ probers: [{ name: "icmp", thresholds: ONCE, namesItself: true }] });
  pool.record("a", SILENT, false, "icmp");
  expect(reported("probe")).toEqual([{ type: "probe", gateway: "a", result: SILENT, failures: 1 }]);
});

test("a cycle ends when every gateway has been probed once more by each prober", () => {
  const { record, reported } = openUp();
  expect(reported("cycle")).toEqual([{ type: "cycle", seconds: 0.01, up: 3 }]);
  record("icmp", OK, ...GATEWAYS, ...GATEWAYS);
  record("http", OK, "a", "b");
  expect(reported("cycle")).toHaveLength(1);
  record("http", FAIL, "c");
  expect(reported("cycle").at(-1)).toEqual({ type: "cycle", seconds: 0.3, up: 2 });
});

test("a gateway is between its states for one prober at a time", () => {
  const { record, pool } = openUp();
  record("icmp", SILENT, "a");
  const between = (gateway: string) => PROBERS.filter(({ name }) => pool.isBetweenStates(gateway, name));
  expect(between("a").map(({ name }) => name)).toEqual(["icmp"]);
  expect(between("b")).toEqual([]);
});

test("gateways that fail by different probers in one moment failed together", () => {
  const { record, pool, readings, reported } = openUp();
  record("http", FAIL, "a", "b");
  record("icmp", SILENT, "c", "c");
  jest.advanceTimersByTime(1);
  expect(readings()).toBe(1);
  pool.examine({ links: [], devices: new Map() });
  expect(reported("failed-together")).toEqual([{ type: "failed-together", gateways: ["a", "b", "c"], links: [] }]);
});

test("a loss by one prober and another by the next are two losses, after which a gateway is held", () => {
  const { record, used } = openUp({ flapHold: 10_000 });
  record("http", FAIL, "b");
  record("http", OK, "b");
  record("icmp", SILENT, "b", "b");
  record("icmp", OK, "b");
  expect(used()).toBe("ac");
});

test("a gateway of which any prober is enough goes down with its last one, and is up again with the first", () => {
  const { record, used, reported } = openUp({ requirement: "any" });
  record("http", FAIL, "a");
  record("icmp", SILENT, "a");
  expect(used()).toBe("abc");
  record("icmp", SILENT, "a");
  expect(used()).toBe("bc");
  record("icmp", OK, "a");
  expect(used()).toBe("abc");
  const ofA = { type: "gateway", gateway: "a", total: 3 };
  expect(reported("gateway").slice(3)).toEqual([
    { ...ofA, before: "up", status: "down", detail: `http: connection refused; ${SILENT.detail}`, up: 2, down: 1 },
    { ...ofA, before: "down", status: "up", detail: OK.detail, up: 3, down: 0 },
  ] as never[]);
});

describe("a fault of the quality", () => {
  test("takes a gateway out although its probes succeed, until it ends", () => {
    const { pool, record, used, reported } = openUp();
    pool.setFault("b", LOSS, "icmp");
    expect(used()).toBe("ac");
    expect(reported("gateway").at(-1)).toMatchObject({ gateway: "b", status: "down", detail: `icmp: ${LOSS.detail}` });
    record("icmp", OK, "b");
    pool.setFault("b", { ...LOSS, detail: "loss 15% of 60 probes (limit 20%, ends at 10%)" }, "icmp");
    expect(used()).toBe("ac");
    pool.setFault("b", undefined, "icmp");
    expect(used()).toBe("abc");
    expect(reported("gateway")).toHaveLength(5);
  });

  test("has a reason without the prober where there is only one", () => {
    const { pool, reported } = openPool();
    for (const gateway of GATEWAYS) pool.record(gateway, OK);
    pool.setFault("b", LOSS);
    expect(reported("gateway").at(-1)).toMatchObject({ status: "down", detail: LOSS.detail });
  });

  test("before the first decision is part of it", () => {
    const { pool, record, decisions } = open();
    record("icmp", OK, ...GATEWAYS);
    pool.setFault("b", LOSS, "icmp");
    expect(decisions).toEqual([]);
    record("http", OK, ...GATEWAYS);
    expect(decisions).toEqual(["ac"]);
  });
});
