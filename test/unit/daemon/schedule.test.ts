import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { pace } from "../../../src/daemon/pace.ts";
import { nextMoment, startSchedule } from "../../../src/daemon/schedule.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

const OK: ProbeResult = { kind: "success", seconds: 0, status: 200 };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Lets promises that are due settle, without time passing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed++) {
    jest.advanceTimersByTime(1);
    await settle();
  }
}

describe("the rhythm", () => {
  test.each([
    [1000, 100, 0, 1000], // not begun yet
    [1000, 100, 1000, 1100], // a moment that is now is over
    [1000, 100, 1001, 1100],
    [1000, 100, 1099.5, 1100],
    [1000, 100, 987_654, 987_700], // a long stop is skipped, not made up for
  ])("from %d every %d, at %d comes %d", (first, period, now, expected) => {
    expect(nextMoment(first, period, now)).toBe(expected);
  });
});

describe("the schedule", () => {
  function setUp(probe: (gateway: string) => Promise<ProbeResult>, gateways = ["a", "b", "c", "d"]) {
    const started: [number, string][] = [];
    const results: string[] = [];
    const start = performance.now();
    const schedule = startSchedule({
      gateways,
      period: 1000,
      probe(gateway) {
        started.push([Math.round(performance.now() - start), gateway]);
        return probe(gateway);
      },
      onResult: (gateway) => void results.push(gateway),
    });
    return { schedule, started, results };
  }

  test("probes all at once at first, then each in its part of the period", async () => {
    const { started, schedule } = setUp(async () => OK);
    await settle();
    expect(started.map(([, gateway]) => gateway)).toEqual(["a", "b", "c", "d"]);
    await pass(2001);
    schedule.stop();
    expect(started.slice(4).map(([at, gateway]) => `${gateway}${Math.round(at / 50) * 50}`)).toEqual([
      "a250",
      "b500",
      "c750",
      "d1000",
      "a1250",
      "b1500",
      "c1750",
      "d2000",
    ]);
  });

  test("a gateway that hangs holds up no other one, and has one probe at a time", async () => {
    const { started, results, schedule } = setUp((gateway) =>
      gateway === "a" ? new Promise(() => {}) : Promise.resolve(OK),
    );
    await pass(3001);
    schedule.stop();
    expect(started.filter(([, gateway]) => gateway === "a")).toHaveLength(1);
    expect(results.filter((gateway) => gateway === "b")).toHaveLength(4);
  });

  test("a probe on demand runs at once, and after the one under way", async () => {
    const finish: (() => void)[] = [];
    const { started, schedule } = setUp(() => new Promise((resolve) => finish.push(() => resolve(OK))), ["a"]);
    schedule.probeAll();
    schedule.probeAll();
    expect(started).toHaveLength(1);
    finish[0]!();
    await settle();
    expect(started).toHaveLength(2);
    finish[1]!();
    await settle();
    expect(started).toHaveLength(2);
    schedule.probeAll();
    expect(started).toHaveLength(3);
    schedule.stop();
  });

  test("after a stop nothing is probed or told", async () => {
    const finish: (() => void)[] = [];
    const { started, results, schedule } = setUp(() => new Promise((resolve) => finish.push(() => resolve(OK))), ["a"]);
    schedule.stop();
    finish[0]!();
    await pass(3000);
    schedule.probeAll();
    expect([started.length, results.length]).toEqual([1, 0]);
  });
});

describe("pacing", () => {
  test("runs at once, then once an interval however often it is called, and never loses the last call", () => {
    let runs = 0;
    const paced = pace(() => runs++, 50);
    paced.call();
    expect(runs).toBe(1);
    for (let call = 0; call < 10; call++) paced.call();
    expect(runs).toBe(1);
    jest.advanceTimersByTime(60);
    expect(runs).toBe(2);
    jest.advanceTimersByTime(60);
    expect(runs).toBe(2);
    paced.call();
    expect(runs).toBe(3);
  });

  test("a stop drops what waits", () => {
    let runs = 0;
    const paced = pace(() => runs++, 50);
    paced.call();
    paced.call();
    paced.stop();
    jest.advanceTimersByTime(100);
    expect(runs).toBe(1);
  });
});
