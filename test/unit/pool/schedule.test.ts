import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { type ScheduleOptions, startSchedules } from "../../../src/pool/schedule.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { pass, runDue } from "../../fixtures/fake-time.ts";

const OK: ProbeResult = { kind: "success", seconds: 0, detail: "status 200", status: 200 };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - times[index]!);

/** Four groups: a0 to aj, b0 to bj, c0 to cj, d0 to dj. */
const EIGHTY = ["a", "b", "c", "d"].flatMap((group) => Array.from("0123456789abcdefghij", (digit) => group + digit));

describe("the schedule", () => {
  function setUp(
    probe: (gateway: string) => Promise<ProbeResult>,
    gateways: readonly string[] = EIGHTY,
    fast: Pick<ScheduleOptions, "fastPeriod" | "isBetweenStates" | "machineOf"> = {},
  ) {
    const started: [number, string][] = [];
    const results: string[] = [];
    const counted: string[] = [];
    const start = performance.now();
    const options: ScheduleOptions = {
      gateways,
      period: 1000,
      ...fast,
      probe(gateway) {
        started.push([Math.round(performance.now() - start), gateway]);
        return probe(gateway);
      },
      onResult(gateway, _, extra) {
        results.push(gateway);
        if (!extra) counted.push(gateway);
      },
    };
    const schedule = startSchedules([options]);
    return { schedule, started, results, counted };
  }

  test("probes all gateways at once, then each group in its slot of every period", async () => {
    const { started, schedule } = setUp(async () => OK);
    await runDue();
    expect(started.map(([, gateway]) => gateway)).toEqual(EIGHTY);
    await pass(2001);
    schedule.stop();
    const rounded = started.slice(80).map(([at, gateway]) => `${gateway} ${Math.round(at / 50) * 50}`);
    const second = (start: number): string[] =>
      EIGHTY.map((one, index) => `${one} ${start + 250 * Math.floor(index / 20)}`);
    expect(rounded).toEqual([...second(250), ...second(1250)]);
  });

  test("probes both addresses of a gateway at the same moment, and counts them as one for its group", async () => {
    const twice = EIGHTY.flatMap((gateway) => [`${gateway}-4`, `${gateway}-6`]);
    const { started, schedule } = setUp(async () => OK, twice, { machineOf: (address) => address.slice(0, 2) });
    await runDue();
    await pass(1001);
    schedule.stop();
    const moments = new Map(started.slice(160).map(([at, address]) => [address, Math.round(at / 50) * 50]));
    const expected = twice.map((address, index) => [address, 250 * (1 + Math.floor(index / 40))] as const);
    expect(moments).toEqual(new Map(expected));
  });

  test("probes each gateway once a period when its slots lie between the milliseconds of the timers", async () => {
    const { started, schedule } = setUp(async () => OK, EIGHTY.slice(0, 60));
    await pass(20_001);
    schedule.stop();
    for (const gateway of EIGHTY.slice(0, 60)) {
      const times = started.filter(([, one]) => one === gateway).map(([at]) => at);
      expect(times.length).toBeGreaterThan(20);
      const ofSlots = gaps(times).slice(1); // the first probe is in no slot
      expect(ofSlots.filter((gap) => Math.abs(gap - 1000) > 1)).toEqual([]);
    }
  });

  test("has at most one timer for each group, and none after a stop", async () => {
    const before = jest.getTimerCount();
    const { schedule } = setUp(async () => OK);
    await pass(50_000);
    expect(jest.getTimerCount() - before).toBeLessThanOrEqual(4);
    schedule.stop();
    expect(jest.getTimerCount()).toBe(before);
  });

  describe("for gateways between their states", () => {
    /** A schedule with a fast period of 100 ms; `unsettled` are the gateways between their states, none at first. */
    function setUpFast(probe: (gateway: string) => Promise<ProbeResult> = async () => OK) {
      const unsettled = new Set<string>();
      const isBetweenStates = (gateway: string): boolean => unsettled.has(gateway);
      return { unsettled, ...setUp(probe, undefined, { fastPeriod: 100, isBetweenStates }) };
    }
    const timesOf = (started: readonly [number, string][], gateway: string): number[] =>
      started.filter(([at, one]) => at > 0 && one === gateway).map(([at]) => at);

    test("probes one at the fast period, and in its own slot again once its state is clear", async () => {
      const { started, unsettled, schedule } = setUpFast();
      await pass(700);
      unsettled.add("c4");
      await pass(351);
      unsettled.delete("c4");
      await pass(2000);
      schedule.stop();
      const times = timesOf(started, "c4");
      expect(times.map((at) => Math.round(at / 25) * 25)).toEqual([750, 875, 975, 1075, 1750, 2750]);
      expect(timesOf(started, "b0").map((at) => Math.round(at / 50) * 50)).toEqual([500, 1500, 2500]);
    });

    test("probes one in its own slot again as soon as a probe on demand has cleared its state", async () => {
      const { started, unsettled, schedule } = setUpFast();
      unsettled.add("c4");
      await pass(230);
      unsettled.delete("c4");
      schedule.probeAll();
      await pass(600);
      schedule.stop();
      expect(timesOf(started, "c4").map((at) => Math.round(at / 25) * 25)).toEqual([75, 175, 225, 750]);
    });

    test("probes those that fail together in their groups at the fast period", async () => {
      const { started, unsettled, schedule } = setUpFast();
      for (const gateway of EIGHTY) unsettled.add(gateway);
      await pass(1001);
      schedule.stop();
      const times = started.map(([at]) => at).filter((at) => at > 200);
      expect(times.length).toBeGreaterThan(560);
      const together = times.map((at) => times.filter((other) => Math.abs(other - at) < 10).length);
      expect(Math.max(...together)).toBeLessThanOrEqual(40); // one group at its fast moment, one at its own slot
    });

    test("never has two probes of one at a time, also when a probe takes longer than the fast period", async () => {
      const running: string[] = [];
      let overlaps = 0;
      const { started, unsettled, schedule } = setUpFast(async (gateway) => {
        if (running.includes(gateway)) overlaps++;
        running.push(gateway);
        await new Promise((resolve) => setTimeout(resolve, 250)); // of the fake timers
        running.splice(running.indexOf(gateway), 1);
        return OK;
      });
      unsettled.add("a0");
      await pass(2000);
      schedule.stop();
      expect(overlaps).toBe(0);
      expect(gaps(timesOf(started, "a0"))).toEqual([300, 300, 300, 300, 300]);
    });

    test("probes one at the fast period also during probes of all gateways on demand", async () => {
      const { started, unsettled, schedule } = setUpFast();
      unsettled.add("a0");
      for (let burst = 0; burst < 40; burst++) {
        await pass(20);
        schedule.probeAll();
      }
      schedule.stop();
      expect(timesOf(started, "a0").length - 40).toBeGreaterThanOrEqual(7);
    });
  });

  test("delays no other gateway by a probe that hangs, and starts no second one", async () => {
    const { started, results, schedule } = setUp((gateway) =>
      gateway === "a0" ? new Promise(() => {}) : Promise.resolve(OK),
    );
    await pass(3001);
    schedule.stop();
    expect(started.filter(([, gateway]) => gateway === "a0")).toHaveLength(1);
    expect(results.filter((gateway) => gateway === "b0")).toHaveLength(4);
  });

  test("starts a probe on demand at once, or after the probe that is running", async () => {
    const finish: (() => void)[] = [];
    const { started, schedule } = setUp(() => new Promise((resolve) => finish.push(() => resolve(OK))), ["a"]);
    schedule.probeAll();
    schedule.probeAll();
    expect(started).toHaveLength(1);
    finish[0]!();
    await runDue();
    expect(started).toHaveLength(2);
    finish[1]!();
    await runDue();
    expect(started).toHaveLength(2);
    schedule.probeAll();
    expect(started).toHaveLength(3);
    schedule.stop();
  });

  test("keeps the rhythm of a gateway with slow probes during frequent probes on demand", async () => {
    const slow = () => new Promise<ProbeResult>((resolve) => setTimeout(() => resolve(OK), 300)); // of the fake timers
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

  test("starts no probe and reports no result after a stop", async () => {
    const finish: (() => void)[] = [];
    const { started, results, schedule } = setUp(() => new Promise((resolve) => finish.push(() => resolve(OK))), ["a"]);
    schedule.stop();
    finish[0]!();
    await pass(3000);
    schedule.probeAll();
    expect([started.length, results.length]).toEqual([1, 0]);
  });
});
