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
  test("is asked at once, and those that are so already are not asked again", () => {
    const { activate, names } = setUp();
    activate("a", "b");
    expect(names()).toBe("ab");
    activate("a", "b");
    activate("c", "b", "a");
    expect(names()).toBe("abc");
  });

  test("again is asked again at once, whatever its last wait was", async () => {
    const { activate, names } = setUp({ answer: () => FAILURE });
    activate("a");
    await pass(20_000);
    const before = names();
    activate();
    activate("a");
    expect(names()).toBe(`${before}a`);
  });

  test("is one of 160: all are asked in parallel, and one that hangs holds up no other", async () => {
    const gateways = Array.from({ length: 160 }, (_, index) => `10.0.0.${index}`);
    const { activate, asked, results } = setUp();
    activate(...gateways);
    expect(asked.map(({ gateway }) => gateway)).toEqual(gateways);
    for (const { end } of asked.slice(1)) await end(SUCCESS);
    expect(results).toHaveLength(159);
    await pass(REFRESH);
    expect(asked.slice(160).map(({ gateway }) => gateway)).toEqual(gateways.slice(1));
  });
});

describe("after a success", () => {
  test.each([
    [0, REFRESH],
    [0.5, 0.95 * REFRESH],
    [ALMOST_ONE, 0.9 * REFRESH],
  ])(
    "the next look-up comes in time, and at most a tenth earlier: with a chance of %d after %d ms",
    async (chance, wait) => {
      const { activate, times } = setUp({ chance, answer: () => SUCCESS });
      activate("a");
      await pass(3.5 * wait);
      expect(times()).toHaveLength(4);
      for (const [index, time] of times().entries())
        expect(Math.abs(time - index * wait)).toBeLessThanOrEqual(50 * index);
    },
  );

  test("the time runs from its end: a slow look-up is not followed by another at once", async () => {
    const { activate, asked, times } = setUp({ refresh: 1000 });
    activate("a");
    await pass(900);
    await asked[0]!.end(SUCCESS);
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

  test("and a success the waits begin anew", async () => {
    const outcomes = [FAILURE, FAILURE, SUCCESS, FAILURE, FAILURE];
    const { activate, times } = setUp({ answer: () => outcomes.shift() ?? SUCCESS });
    activate("a");
    await pass(40_000);
    expect(times()).toEqual([0, 1000, 3000, 33_000, 34_000, 36_000]);
  });

  test("failures without end are survived", async () => {
    const { activate, asked } = setUp({ refresh: 10, answer: () => FAILURE });
    activate("a");
    await pass(11_000, 10);
    expect(asked.length).toBe(1101);
  });
});

describe("a gateway that is no longer active", () => {
  test("has its look-up cut off, and no other gateway has", () => {
    const { activate, asked } = setUp();
    activate("a", "b");
    activate("b");
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  test("is not asked, and leaves no timer", async () => {
    const { activate, asked } = setUp({ answer: () => SUCCESS });
    activate("a", "b");
    await pass(0);
    expect(jest.getTimerCount()).toBe(2);
    activate();
    expect(jest.getTimerCount()).toBe(0);
    await pass(3 * REFRESH, 1000);
    expect(asked).toHaveLength(2);
  });

  test.each([SUCCESS, FAILURE])("is not told of when its look-up ends late: %j", async (result) => {
    const { activate, asked, results } = setUp();
    activate("a");
    activate();
    await asked[0]!.end(result);
    expect(results).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("and then is again: the old look-up's late end neither counts nor brings a second rhythm", async () => {
    const { activate, asked, results } = setUp();
    activate("a");
    activate();
    activate("a");
    await asked[0]!.end(FAILURE);
    expect([results, jest.getTimerCount()]).toEqual([[], 0]);
    await asked[1]!.end(SUCCESS);
    expect([results, jest.getTimerCount()]).toEqual([["a success"], 1]);
    await pass(REFRESH);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
  });

  test("may become so while its result is told", async () => {
    const { promise, resolve } = Promise.withResolvers<LookUpResult>();
    let calls = 0;
    const lookUps = new LookUpSchedule({
      refresh: 1000,
      random: () => 0,
      lookUp: () => ((calls += 1), promise),
      onResult: () => lookUps.setActive(new Set()),
    });
    lookUps.setActive(new Set(["a", "b"]));
    resolve(SUCCESS);
    await pass(5000);
    expect([calls, jest.getTimerCount()]).toEqual([2, 0]);
  });
});

test("whatever happens, a gateway has one look-up or waits for the next, and a stop ends all", async () => {
  const anyStep = fc.oneof(
    fc.subarray(["a", "b", "c"]).map((active) => ({ active })),
    fc.record({ end: fc.nat(), result: fc.constantFrom(SUCCESS, FAILURE) }),
    fc.record({ wait: fc.constantFrom(100, 1000, REFRESH) }),
  );
  const walk = fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
    const { activate, asked, results } = setUp();
    const ended = new Set<number>();
    let active: readonly string[] = [];
    for (const step of steps) {
      if ("wait" in step) await pass(step.wait, step.wait);
      else if ("active" in step) activate(...(active = step.active));
      else if (step.end < asked.length && !ended.has(step.end)) {
        const { gateway, signal, end } = asked[step.end]!;
        const told = results.length;
        await end(step.result);
        ended.add(step.end);
        expect(results.slice(told)).toEqual(signal.aborted ? [] : [`${gateway} ${step.result.kind}`]);
      }
      const underWay = asked.filter(({ signal }, index) => !signal.aborted && !ended.has(index));
      const busy = underWay.map(({ gateway }) => gateway);
      expect(busy.length).toBe(new Set(busy).size);
      expect(active).toEqual(expect.arrayContaining(busy));
      expect(jest.getTimerCount()).toBe(active.length - busy.length);
    }
    activate();
    expect(jest.getTimerCount()).toBe(0);
    expect(asked.filter(({ signal }, index) => !signal.aborted && !ended.has(index))).toEqual([]);
  });
  await fc.assert(walk, { numRuns: 300 });
});
