import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import { throttle } from "../../../src/time/throttle.ts";
import { nextMoment, nextProbe, rhythmOf, startSchedule } from "../../../src/pool/schedule.ts";
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

describe("slots", () => {
  test.each([
    [1, [1000]],
    [3, [1000, 1000, 1000]], // a few gateways wake the process once
    [10, Array(10).fill(1000)],
    [11, [...Array(6).fill(500), ...Array(5).fill(1000)]],
  ])("%d gateways have theirs at %p of a second", (gateways, expected) => {
    expect(Array.from({ length: gateways }, (_, index) => rhythmOf(index, gateways, 1000, 0).first)).toEqual(expected);
  });

  test("hold ten gateways at most, differ by one at most, and lie evenly in the period", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 160 }), fc.integer({ min: 1, max: 60_000 }), (gateways, period) => {
        const sizes = new Map<number, number>();
        for (let index = 0; index < gateways; index++) {
          const { first } = rhythmOf(index, gateways, period, 5);
          sizes.set(first, (sizes.get(first) ?? 0) + 1);
        }
        const groups = Math.ceil(gateways / 10);
        expect(Math.max(...sizes.values())).toBeLessThanOrEqual(10);
        expect(Math.max(...sizes.values()) - Math.min(...sizes.values())).toBeLessThanOrEqual(1);
        expect([...sizes.keys()]).toEqual(Array.from({ length: groups }, (_, at) => 5 + (period * (at + 1)) / groups));
      }),
    );
  });
});

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - times[index]!);

/** Four groups: a0 to a9, b0 to b9, c0 to c9, d0 to d9. */
const FORTY = ["a", "b", "c", "d"].flatMap((group) => Array.from({ length: 10 }, (_, index) => `${group}${index}`));

describe("the schedule", () => {
  function setUp(
    probe: (gateway: string) => Promise<ProbeResult>,
    gateways: readonly string[] = FORTY,
    hurry: { fastPeriod?: number; isBetweenStates?: (gateway: string) => boolean } = {},
  ) {
    const started: [number, string][] = [];
    const results: string[] = [];
    const counted: string[] = [];
    const start = performance.now();
    const schedule = startSchedule({
      gateways,
      period: 1000,
      ...hurry,
      probe(gateway) {
        started.push([Math.round(performance.now() - start), gateway]);
        return probe(gateway);
      },
      onResult(gateway, _, extra) {
        results.push(gateway);
        if (!extra) counted.push(gateway);
      },
    });
    return { schedule, started, results, counted };
  }

  test("probes all at once at first, then each group in its part of the period", async () => {
    const { started, schedule } = setUp(async () => OK);
    await settle();
    expect(started.map(([, gateway]) => gateway)).toEqual(FORTY);
    await pass(2001);
    schedule.stop();
    const rounded = started.slice(40).map(([at, gateway]) => `${gateway} ${Math.round(at / 50) * 50}`);
    const second = (start: number): string[] =>
      FORTY.map((one, index) => `${one} ${start + 250 * Math.floor(index / 10)}`);
    expect(rounded).toEqual([...second(250), ...second(1250)]);
  });

  test("probes each gateway once a period, however the moments fall between the milliseconds of the timers", async () => {
    const { started, schedule } = setUp(async () => OK, FORTY.slice(0, 33));
    await pass(20_001);
    schedule.stop();
    const times = (gateway: string): number[] => started.filter(([, one]) => one === gateway).map(([at]) => at);
    for (const gateway of FORTY.slice(0, 33)) {
      expect(
        gaps(times(gateway))
          .slice(1)
          .filter((gap) => Math.abs(gap - 1000) > 1),
      ).toEqual([]);
    }
  });

  test("never has more timers than groups, however long it runs", async () => {
    const before = jest.getTimerCount();
    const { schedule } = setUp(async () => OK);
    await pass(50_000);
    expect(jest.getTimerCount() - before).toBeLessThanOrEqual(4);
    schedule.stop();
    expect(jest.getTimerCount()).toBe(before);
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

    test("a gateway is probed at the fast period, and then comes back to its own slot", async () => {
      const { started, doubted, schedule } = inDoubt();
      await pass(700);
      doubted.add("c4");
      await pass(351);
      doubted.delete("c4");
      await pass(2000);
      schedule.stop();
      const times = timesOf(started, "c4");
      expect(times.map((at) => Math.round(at / 25) * 25)).toEqual([750, 875, 975, 1075, 1750, 2750]);
      expect(timesOf(started, "b0").map((at) => Math.round(at / 50) * 50)).toEqual([500, 1500, 2500]);
    });

    test("gateways that all fail at once are probed apart from each other, at the fast period each", async () => {
      const { started, doubted, schedule } = inDoubt();
      for (const gateway of FORTY) doubted.add(gateway);
      await pass(1001);
      schedule.stop();
      const times = started.map(([at]) => at).filter((at) => at > 200);
      expect(times.length).toBeGreaterThan(280);
      const together = times.map((at) => times.filter((other) => Math.abs(other - at) < 10).length);
      expect(Math.max(...together)).toBeLessThanOrEqual(20); // one group at its fast moment, one at its own slot
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
      doubted.add("a0");
      await pass(2000);
      schedule.stop();
      expect(most).toBeLessThanOrEqual(FORTY.length);
      expect(gaps(timesOf(started, "a0")).every((gap) => gap >= 250 && gap <= 355)).toBe(true);
    });

    test("probes besides the rhythm put off none of it", async () => {
      const { started, doubted, schedule } = inDoubt();
      doubted.add("a0");
      for (let burst = 0; burst < 40; burst++) {
        await pass(20);
        schedule.probeAll();
      }
      schedule.stop();
      expect(timesOf(started, "a0").length - 40).toBeGreaterThanOrEqual(7);
    });
  });

  test("a gateway that hangs holds up no other one, and has one probe at a time", async () => {
    const { started, results, schedule } = setUp((gateway) =>
      gateway === "a0" ? new Promise(() => {}) : Promise.resolve(OK),
    );
    await pass(3001);
    schedule.stop();
    expect(started.filter(([, gateway]) => gateway === "a0")).toHaveLength(1);
    expect(results.filter((gateway) => gateway === "b0")).toHaveLength(4);
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

  test("a gateway that hangs until its timeout keeps its rhythm, however often all are probed besides", async () => {
    const slow = () => new Promise<ProbeResult>((resolve) => setTimeout(() => resolve(OK), 300));
    const { started, results, counted, schedule } = setUp(slow, ["a"]);
    for (let passed = 0; passed < 10_000; passed += 50) {
      schedule.probeAll();
      await pass(50);
    }
    schedule.stop();
    expect(results.length).toBeGreaterThan(30);
    expect(gaps(started.map(([at]) => at)).every((gap) => gap >= 300)).toBe(true);
    expect(counted.length).toBeGreaterThanOrEqual(9);
    expect(counted.length).toBeLessThanOrEqual(11);
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
    const paced = throttle(() => runs++, 50);
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
    const paced = throttle(() => runs++, 50);
    paced.call();
    paced.call();
    paced.stop();
    jest.advanceTimersByTime(100);
    expect(runs).toBe(1);
  });
});
