import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type Quality, QualityWindow, windowOf } from "../../../src/pool/quality.ts";
import { QualityMonitor } from "../../../src/pool/quality-monitor.ts";
import { LEAST_PROBES, type QualityFault, qualityFaults } from "../../../src/pool/quality-triggers.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

const ok = (seconds: number): ProbeResult => ({ kind: "success", seconds, detail: "echo reply" });
const FAIL: ProbeResult = { kind: "failure", seconds: 0.5, code: "timeout", detail: "timeout after 500ms" };
const UNSENT: ProbeResult = { kind: "failure", seconds: 0, code: "exhausted", detail: "no socket" };
const NONE: ReadonlySet<string> = new Set();

describe("the quality window", () => {
  const add = (window: QualityWindow, result: ProbeResult, at: number, target = "a", atFault = NONE): void =>
    window.add(new Map([[target, result]]), atFault, at);

  test("has the share of the probes that failed, and how long half and nine tenths of the answers took at most", () => {
    const window = new QualityWindow();
    for (let second = 1; second <= 10; second++) add(window, ok(second / 100), second);
    for (let second = 11; second <= 15; second++) add(window, FAIL, second);
    expect(window.quality(15)).toEqual({ probes: 15, answered: 10, loss: 1 / 3, median: 0.05, p90: 0.09 });
  });

  test("has a loss of exactly the limit when so many probes failed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5 }), (lost, factor) => {
        const window = new QualityWindow();
        for (let probe = 0; probe < 100 * factor; probe++) add(window, probe < lost * factor ? FAIL : ok(0.1), 0);
        expect(window.quality(0).loss).toBe(lost / 100);
      }),
    );
  });

  test("has a lost probe for each answer to a second question", () => {
    const window = new QualityWindow();
    window.add(new Map([["a", { ...ok(0.1), again: true as const }]]), NONE, 0);
    expect(window.quality(0)).toMatchObject({ probes: 2, answered: 1, loss: 0.5, median: 0.1 });
  });

  test("has enough probes for a verdict with any period, and is a minute with the usual one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3_600_000 }), (period) => {
        const window = new QualityWindow(windowOf(period));
        const rounds = Math.ceil(windowOf(period) / period);
        for (let round = 0; round < rounds; round++) add(window, FAIL, round * period);
        expect(window.quality((rounds - 1) * period).probes).toBeGreaterThanOrEqual(LEAST_PROBES);
      }),
    );
    expect(windowOf(5000)).toBe(60_000);
  });

  test("has no loss and no latency while it is empty, and no probe that could not be sent", () => {
    const window = new QualityWindow();
    add(window, UNSENT, 0);
    expect(window.quality(0)).toEqual({ probes: 0, answered: 0, loss: 0, median: undefined, p90: undefined });
  });

  test("forgets probes after its length, also when no new ones come", () => {
    const window = new QualityWindow(1000);
    add(window, FAIL, 0);
    add(window, ok(0.1), 500);
    expect(window.quality(999)).toMatchObject({ probes: 2, loss: 0.5 });
    expect(window.quality(1000)).toMatchObject({ probes: 1, loss: 0 });
    expect(window.quality(1500).probes).toBe(0);
  });

  test("forgets what a target said that turns out to be at fault", () => {
    const window = new QualityWindow();
    for (const target of ["a", "b", "a"]) add(window, FAIL, 0, target);
    add(window, ok(0.1), 1, "b", new Set(["a"]));
    expect(window.quality(1)).toMatchObject({ probes: 2, loss: 0.5 });
  });

  test("has exactly the probes of its length, and at most 600", () => {
    const steps = fc.array(fc.tuple(fc.nat(400), fc.boolean()), { maxLength: 2000, size: "max" });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 60_000 }), (added, length) => {
        const window = new QualityWindow(length);
        const all: (readonly [at: number, ok: boolean])[] = [];
        let now = 0;
        for (const [pause, success] of added) {
          now += pause;
          all.push([now, success]);
          add(window, success ? ok(0.1) : FAIL, now);
        }
        const expected = all.slice(-600).filter(([at]) => at > now - length);
        const { probes, answered } = window.quality(now);
        expect([probes, answered]).toEqual([expected.length, expected.filter(([, success]) => success).length]);
      }),
      { numRuns: 30 },
    );
  });
});

const qualityOf = (loss: number, median: number, probes = 60): Quality => {
  const answered = Math.round(probes * (1 - loss));
  return { probes, answered, loss, median: answered === 0 ? undefined : median, p90: median };
};

describe("the triggers", () => {
  const triggers = { maxLoss: { limit: 0.2, end: 0.1 }, maxLatency: { limit: 0.5, end: 0.3 } };
  const codes = (faults: readonly QualityFault[]): string => faults.map(({ code }) => code).join(" ");

  /** The faults after each quality in turn. */
  function run(...qualities: readonly Quality[]): string[] {
    let faults: readonly QualityFault[] = [];
    return qualities.map((quality) => codes((faults = qualityFaults(faults, quality, triggers))));
  }

  test("set in at the limit, and end at the value for that", () => {
    const losses = [0.19, 0.2, 0.15, 0.11, 0.1, 0.19];
    expect(run(...losses.map((loss) => qualityOf(loss, 0.1)))).toEqual(["", "loss", "loss", "loss", "", ""]);
    const medians = [0.49, 0.5, 0.31, 0.3, 0.4];
    expect(run(...medians.map((median) => qualityOf(0, median)))).toEqual(["", "latency", "latency", "", ""]);
  });

  test("report the loss before the latency, and each until it ends", () => {
    expect(run(qualityOf(0.3, 0.6), qualityOf(0, 0.6), qualityOf(0, 0.2))).toEqual(["loss latency", "latency", ""]);
  });

  test("have no verdict with too few probes, and none of the latency with too few answers", () => {
    const few = qualityOf(1, 0.1, LEAST_PROBES - 1);
    expect(run(few, qualityOf(1, 0.1, LEAST_PROBES), few)).toEqual(["", "loss", "loss"]);
    expect(run(qualityOf(0.1, 0.6, LEAST_PROBES), qualityOf(0.1, 0.6, 12))).toEqual(["", "latency"]);
    expect(run(qualityOf(0, 0.6), qualityOf(1, 0.1))).toEqual(["latency", "loss latency"]);
  });

  test("are off when they are not set", () => {
    expect(qualityFaults([], qualityOf(1, 9), {})).toEqual([]);
  });

  test("name the value, what it was measured on, and both limits", () => {
    expect(qualityFaults([], qualityOf(0.35, 0.64), triggers)).toEqual([
      { code: "loss", detail: "loss 35% of 60 probes (limit 20%, ends at 10%)" },
      { code: "latency", detail: "latency 640ms as the median of 39 answers (limit 500ms, ends at 300ms)" },
    ]);
    const fine = { maxLoss: { limit: 0.005, end: 0 } };
    expect(qualityFaults([], qualityOf(2 / 300, 0.1, 300), fine)[0]!.detail).toBe(
      "loss 0.7% of 300 probes (limit 0.5%, ends at 0%)",
    );
  });

  test("are in effect exactly since the limit was reached, until the value that ends them was", () => {
    const shares = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 60 });
    const pairs = fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 100 })).filter(([end, limit]) => end < limit);
    fc.assert(
      fc.property(shares, pairs, (values, [end, limit]) => {
        let faults: readonly QualityFault[] = [];
        values.forEach((value, index) => {
          const maxLoss = { limit: limit / 100, end: end / 100 };
          faults = qualityFaults(faults, qualityOf(value / 100, 0.1), { maxLoss });
          const past = values.slice(0, index + 1);
          const began = past.findLastIndex((one) => one >= limit);
          const ended = past.findLastIndex((one) => one <= end);
          expect(codes(faults)).toBe(began > ended ? "loss" : "");
        });
      }),
    );
  });
});

test("a monitor has a window and a fault for each gateway", () => {
  let now = 0;
  const monitor = new QualityMonitor({
    gateways: ["g1", "g2"],
    triggers: { maxLoss: { limit: 0.5, end: 0.1 } },
    now: () => now,
  });
  const record = (gateway: string, result: ProbeResult) => monitor.record(gateway, new Map([["a", result]]), NONE);
  for (let probe = 1; probe < LEAST_PROBES; probe++) expect(record("g1", FAIL)).toBeUndefined();
  expect(record("g1", FAIL)).toMatchObject({ code: "loss" });
  expect(record("g2", ok(0.1))).toBeUndefined();
  expect([monitor.quality("g1").loss, monitor.quality("g2").loss]).toEqual([1, 0]);
  now = 60_000;
  for (let probe = 1; probe < LEAST_PROBES; probe++) expect(record("g1", ok(0.1))).toMatchObject({ code: "loss" });
  expect(record("g1", ok(0.1))).toBeUndefined();
});
