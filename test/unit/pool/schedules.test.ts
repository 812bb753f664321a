import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { type ScheduleOptions, startSchedules } from "../../../src/pool/schedule.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { pass, runDue } from "../../fixtures/fake-time.ts";

const OK: ProbeResult = { kind: "success", seconds: 0, detail: "status 200", status: 200 };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("the schedule of several probers", () => {
  /** Probers of one gateway; `started` has whole milliseconds since the start. */
  function start(probers: Readonly<Record<string, Partial<ScheduleOptions> & { readonly period: number }>>) {
    const begin = performance.now();
    const started: (readonly [at: number, prober: string])[] = [];
    const results: string[] = [];
    const options = Object.entries(probers).map(([prober, { probe = async () => OK, ...rest }]): ScheduleOptions => {
      return {
        gateways: ["g"],
        onResult: () => void results.push(prober),
        ...rest,
        probe(gateway) {
          started.push([Math.round(performance.now() - begin), prober]);
          return probe(gateway);
        },
      };
    });
    const schedule = startSchedules(options);
    const momentsOf = (prober: string): number[] => started.flatMap(([at, one]) => (one === prober ? at : []));
    return { schedule, started, results, momentsOf };
  }

  test("probes by each at once, and then in its own period", async () => {
    const { momentsOf, schedule } = start({ http: { period: 1000 }, icmp: { period: 400 } });
    await pass(2001);
    schedule.stop();
    expect(momentsOf("http")).toEqual([0, 1000, 2000]);
    expect(momentsOf("icmp")).toEqual([0, 400, 800, 1200, 1600, 2000]);
  });

  test("lets no prober wait for another one that hangs", async () => {
    const { momentsOf, results, schedule } = start({
      http: { period: 500, probe: () => new Promise(() => {}) },
      icmp: { period: 500 },
    });
    await pass(1001);
    schedule.stop();
    expect([momentsOf("http"), results]).toEqual([[0], ["icmp", "icmp", "icmp"]]);
  });

  test("probes at the fast period by the prober that is between its states alone", async () => {
    const fast = { period: 1000, fastPeriod: 100 };
    const { momentsOf, schedule } = start({ http: fast, icmp: { ...fast, isBetweenStates: () => true } });
    await pass(1001);
    schedule.stop();
    expect([momentsOf("http").length, momentsOf("icmp").length]).toEqual([2, 11]);
  });

  test("has one timer for probes of the same moment, and none after a stop", async () => {
    const before = jest.getTimerCount();
    const { schedule } = start({ http: { period: 1000 }, icmp: { period: 1000 } });
    await pass(100);
    expect(jest.getTimerCount()).toBe(before + 1);
    schedule.stop();
    expect(jest.getTimerCount()).toBe(before);
  });

  test("probes by all of them on demand", async () => {
    const { started, schedule } = start({ http: { period: 1000 }, icmp: { period: 1000 } });
    await runDue();
    schedule.probeAll();
    expect(started.map(([, prober]) => prober)).toEqual(["http", "icmp", "http", "icmp"]);
    schedule.stop();
  });
});
