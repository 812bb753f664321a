import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import { pace } from "../../../src/daemon/pace.ts";
import { nextMoment, nextProbe, startSchedule } from "../../../src/daemon/schedule.ts";
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

describe("the next probe", () => {
  const slow = { first: 600, period: 3000 };
  const fast = { first: 40, period: 200 };

  test.each([
    ["in doubt, at the next fast moment", fast, 600, 601, 840], // 640 is too soon after
    ["in doubt, half a fast period after the last at least", fast, 641, 642, 840],
    ["in doubt, a probe that takes long is followed at the next moment", fast, 600, 1601, 1640],
    ["in doubt, the slot of its own comes when it is the sooner", { first: 150, period: 2800 }, 700, 2955, 3600],
    ["sure again, at its own slot", undefined, 1040, 1050, 3600],
  ])("%s", (_, rhythm, begun, now, expected) => {
    expect(nextProbe(slow, rhythm, begun, now)).toBe(expected);
  });

  test("in doubt comes within one and a half fast periods, never together with the last, never later than in calm", () => {
    const duration = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(duration, duration, fc.nat(10_000), fc.nat(2000), (one, other, begun, took) => {
        const [short, long] = [Math.min(one, other), Math.max(one, other)];
        const now = begun + took;
        const calm = { first: long / 3, period: long };
        const next = nextProbe(calm, { first: short / 3, period: short }, begun, now);
        expect(next).toBeGreaterThan(now);
        expect(next - begun).toBeGreaterThanOrEqual(short / 2);
        expect(next).toBeLessThanOrEqual(Math.max(now, begun + short / 2) + short);
        const atEase = nextProbe(calm, undefined, begun, now);
        expect(next <= atEase || atEase - begun <= short / 2).toBe(true);
      }),
    );
  });
});

describe("the schedule", () => {
  function setUp(
    probe: (gateway: string) => Promise<ProbeResult>,
    gateways = ["a", "b", "c", "d"],
    hurry: { fastPeriod?: number; isBetweenStates?: (gateway: string) => boolean } = {},
  ) {
    const started: [number, string][] = [];
    const results: string[] = [];
    const start = performance.now();
    const schedule = startSchedule({
      gateways,
      period: 1000,
      ...hurry,
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

  describe("in doubt", () => {
    /** Starts with every gateway sure; `doubted` are between their states from the moment they are added on. */
    function inDoubt(probe: () => Promise<ProbeResult> = async () => OK) {
      const doubted = new Set<string>();
      const isBetweenStates = (gateway: string): boolean => doubted.has(gateway);
      return { doubted, ...setUp(probe, undefined, { fastPeriod: 100, isBetweenStates }) };
    }
    const timesOf = (started: readonly [number, string][], gateway: string): number[] =>
      started.filter(([at, one]) => at > 0 && one === gateway).map(([at]) => at);
    const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - times[index]!);

    test("a gateway is probed at the fast period, and then comes back to its own slot", async () => {
      const { started, doubted, schedule } = inDoubt();
      await pass(700);
      doubted.add("c");
      await pass(351);
      doubted.delete("c");
      await pass(2000);
      schedule.stop();
      const times = timesOf(started, "c");
      expect(times.map((at) => Math.round(at / 25) * 25)).toEqual([750, 875, 975, 1075, 1750, 2750]);
      expect(timesOf(started, "b").map((at) => Math.round(at / 50) * 50)).toEqual([500, 1500, 2500]);
    });

    test("gateways that all fail at once are probed apart from each other, at the fast period each", async () => {
      const { started, doubted, schedule } = inDoubt();
      for (const gateway of ["a", "b", "c", "d"]) doubted.add(gateway);
      await pass(1001);
      schedule.stop();
      const times = started.map(([at]) => at).filter((at) => at > 200);
      expect(times.length).toBeGreaterThan(28);
      const together = times.map((at) => times.filter((other) => Math.abs(other - at) < 10).length);
      expect(Math.max(...together)).toBeLessThanOrEqual(2); // one at its fast moment, one at its own slot
    });

    test("a probe that takes longer than the fast period is never doubled", async () => {
      let running = 0;
      let most = 0;
      const { started, doubted, schedule } = inDoubt(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 250));
        running--;
        return OK;
      });
      doubted.add("a");
      await pass(2000);
      schedule.stop();
      expect(most).toBeLessThanOrEqual(4);
      expect(gaps(timesOf(started, "a")).every((gap) => gap >= 250 && gap <= 355)).toBe(true);
    });

    test("probes besides the rhythm put off none of it", async () => {
      const { started, doubted, schedule } = inDoubt();
      doubted.add("a");
      for (let burst = 0; burst < 40; burst++) {
        await pass(20);
        schedule.probeAll();
      }
      schedule.stop();
      expect(timesOf(started, "a").length - 40).toBeGreaterThanOrEqual(7);
    });
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
