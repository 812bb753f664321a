import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import { LookUpSchedule } from "../../../src/ddns/look-up-schedule.ts";
import { FAILURE, pass, REFRESH, setUp, SUCCESS } from "./look-up-schedule.fixture.ts";

/** The greatest number that a Random gives. */
const ALMOST_ONE = 1 - 2 ** -53;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a gateway that becomes active", () => {
  test("is looked up at once, and those that were active before are not looked up again", () => {
    const { activate, names } = setUp();
    activate("a", "b");
    expect(names()).toBe("ab");
    activate("a", "b");
    activate("c", "b", "a");
    expect(names()).toBe("abc");
  });

  test("again is looked up again at once, whatever its last wait was", async () => {
    const { activate, names } = setUp({ answer: () => FAILURE });
    activate("a");
    await pass(20_000);
    const before = names();
    activate();
    activate("a");
    expect(names()).toBe(`${before}a`);
  });

  test("is one of 160: all are looked up in parallel, and one that hangs delays no other", async () => {
    const gateways = Array.from({ length: 160 }, (_, index) => `10.0.0.${index}`);
    const { activate, lookUps, results } = setUp();
    activate(...gateways);
    expect(lookUps.map(({ gateway }) => gateway)).toEqual(gateways);
    for (const { end } of lookUps.slice(1)) await end(SUCCESS);
    expect(results).toHaveLength(159);
    await pass(REFRESH);
    expect(lookUps.slice(160).map(({ gateway }) => gateway)).toEqual(gateways.slice(1));
  });
});

describe("after a failure with the wait that the service asked for", () => {
  test("the next look-up comes no sooner", async () => {
    const { activate, times } = setUp({ answer: () => ({ ...FAILURE, retryAfterMs: 120_000 }) });
    activate("a");
    await pass(250_000);
    expect(times()).toEqual([0, 120_000, 240_000]);
  });

  test("the usual waits are not shortened", async () => {
    const { activate, times } = setUp({ answer: () => ({ ...FAILURE, retryAfterMs: 0 }) });
    activate("a");
    await pass(8000);
    expect(times()).toEqual([0, 1000, 3000, 7000]);
  });
});

describe("after a success", () => {
  test.each([
    [0, REFRESH],
    [0.5, 0.95 * REFRESH],
    [ALMOST_ONE, 0.9 * REFRESH],
  ])(
    "the next look-up comes after the refresh period or up to a tenth of it earlier: with a chance of %d after %d ms",
    async (chance, wait) => {
      const { activate, times } = setUp({ chance, answer: () => SUCCESS });
      activate("a");
      await pass(3.5 * wait);
      expect(times()).toHaveLength(4);
      for (const [index, time] of times().entries())
        expect(Math.abs(time - index * wait)).toBeLessThanOrEqual(50 * index);
    },
  );

  test("the period runs from the end of the look-up, so a slow one is not followed by another at once", async () => {
    const { activate, lookUps, times } = setUp({ refresh: 1000 });
    activate("a");
    await pass(900);
    await lookUps[0]!.end(SUCCESS);
    await pass(999, 1);
    expect(times()).toEqual([0]);
    await pass(1, 1);
    expect(times()).toEqual([0, 1900]);
  });
});

describe("after a failure", () => {
  test.each([
    [REFRESH, [1, 2, 4, 8, 16, 30, 30]],
    [5000, [1, 2, 4, 5, 5]],
    [1000, [1, 1, 1]],
    [400, [0.4, 0.4, 0.4]],
  ])("the waits double from a second on, but are no longer than the refresh: %d ms", async (refresh, seconds) => {
    const { activate, times } = setUp({ refresh, answer: () => FAILURE, chance: 0.5 });
    activate("a");
    await pass(1000 * seconds.reduce((sum, wait) => sum + wait, 0));
    const waits = times().map((time, index) => (time - (times()[index - 1] ?? 0)) / 1000);
    expect(waits).toEqual([0, ...seconds]);
  });

  test("and a success the waits start from a second again", async () => {
    const outcomes = [FAILURE, FAILURE, SUCCESS, FAILURE, FAILURE];
    const { activate, times } = setUp({ answer: () => outcomes.shift() ?? SUCCESS });
    activate("a");
    await pass(40_000);
    expect(times()).toEqual([0, 1000, 3000, 33_000, 34_000, 36_000]);
  });

  test("the waits stay at the refresh period however many failures follow", async () => {
    const { activate, lookUps } = setUp({ refresh: 10, answer: () => FAILURE });
    activate("a");
    await pass(11_000, 10);
    expect(lookUps.length).toBe(1101);
  });
});

describe("a gateway that is no longer active", () => {
  test("has its look-up aborted, and no other gateway has", () => {
    const { activate, lookUps } = setUp();
    activate("a", "b");
    activate("b");
    expect(lookUps.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  test("is not looked up, and leaves no timer", async () => {
    const { activate, lookUps } = setUp({ answer: () => SUCCESS });
    activate("a", "b");
    await pass(0);
    expect(jest.getTimerCount()).toBe(2);
    activate();
    expect(jest.getTimerCount()).toBe(0);
    await pass(3 * REFRESH, 1000);
    expect(lookUps).toHaveLength(2);
  });

  test.each([SUCCESS, FAILURE])("has the late end of its look-up ignored: %j", async (result) => {
    const { activate, lookUps, results } = setUp();
    activate("a");
    activate();
    await lookUps[0]!.end(result);
    expect(results).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("and then is again has the old look-up's late end ignored, and one rhythm", async () => {
    const { activate, lookUps, results } = setUp();
    activate("a");
    activate();
    activate("a");
    await lookUps[0]!.end(FAILURE);
    expect([results, jest.getTimerCount()]).toEqual([[], 0]);
    await lookUps[1]!.end(SUCCESS);
    expect([results, jest.getTimerCount()]).toEqual([["a success"], 1]);
    await pass(REFRESH);
    expect(lookUps.map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
  });

  test("may become so while its result is reported", async () => {
    const { promise, resolve } = Promise.withResolvers<LookUpResult>();
    let calls = 0;
    const schedule = new LookUpSchedule({
      refresh: 1000,
      random: () => 0,
      lookUp: () => ((calls += 1), promise),
      onResult: () => schedule.setActive(new Set()),
    });
    schedule.setActive(new Set(["a", "b"]));
    resolve(SUCCESS);
    await pass(5000);
    expect([calls, jest.getTimerCount()]).toEqual([2, 0]);
  });
});

test("an active gateway has one look-up or one timer at any time, and a stop ends all", async () => {
  const anyStep = fc.oneof(
    fc.subarray(["a", "b", "c"]).map((active) => ({ active })),
    fc.record({ end: fc.nat(), result: fc.constantFrom(SUCCESS, FAILURE) }),
    fc.record({ wait: fc.constantFrom(100, 1000, REFRESH) }),
  );
  const walk = fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
    const { activate, lookUps, results } = setUp();
    const ended = new Set<number>();
    let active: readonly string[] = [];
    for (const step of steps) {
      if ("wait" in step) await pass(step.wait, step.wait);
      else if ("active" in step) activate(...(active = step.active));
      else if (step.end < lookUps.length && !ended.has(step.end)) {
        const { gateway, signal, end } = lookUps[step.end]!;
        const reported = results.length;
        await end(step.result);
        ended.add(step.end);
        expect(results.slice(reported)).toEqual(signal.aborted ? [] : [`${gateway} ${step.result.kind}`]);
      }
      const underWay = lookUps.filter(({ signal }, index) => !signal.aborted && !ended.has(index));
      const busy = underWay.map(({ gateway }) => gateway);
      expect(busy.length).toBe(new Set(busy).size);
      expect(active).toEqual(expect.arrayContaining(busy));
      expect(jest.getTimerCount()).toBe(active.length - busy.length);
    }
    activate();
    expect(jest.getTimerCount()).toBe(0);
    expect(lookUps.filter(({ signal }, index) => !signal.aborted && !ended.has(index))).toEqual([]);
  });
  await fc.assert(walk, { numRuns: 300 });
});
