import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type Answers, type RoundOutcome, runRound } from "../../../src/probe/round.ts";
import { type Behaviour, createFakeTargets, createFakeTiming, SILENT } from "./round.fixture.ts";

const TIMEOUT = 1000;

interface Setup {
  readonly need?: number | (() => number);
  readonly timeout?: number;
  readonly onEnd?: (answers: Answers) => void;
}

/** A round that has begun; `outcome` is its verdict and when it came, in milliseconds since the start. */
function begin(behaviours: Readonly<Record<string, Behaviour>>, { need = 1, timeout = TIMEOUT, onEnd }: Setup = {}) {
  const time = createFakeTiming();
  const start = time.timing.now();
  const targets = createFakeTargets(time.timing, behaviours);
  const verdict: { outcome?: RoundOutcome; at?: number } = {};
  const ended: Answers[] = [];
  void runRound({
    ...time.timing,
    targets: Object.keys(behaviours),
    need: typeof need === "number" ? () => need : need,
    timeout,
    ask: targets.ask,
    onEnd(answers) {
      ended.push(new Map(answers));
      onEnd?.(answers);
    },
  }).then((outcome) => Object.assign(verdict, { outcome, at: time.timing.now() - start }));
  return { ...time, ...targets, verdict, ended };
}

const answersOf = (answers: Answers | undefined): string[] =>
  [...answers!].map(([target, result]) => {
    return `${target} ${result.kind === "success" ? "+" : result.code}${result.again ? " again" : ""}`;
  });

describe("a round", () => {
  test("asks one target alone while it answers, and leaves no timer", async () => {
    const { pass, asked, verdict, ended, pending } = begin({ a: { after: 20 }, b: { after: 20 } });
    await pass(30);
    expect(asked).toEqual([[0, "a"]]);
    expect(verdict).toMatchObject({ at: 20, outcome: { success: true, seconds: 0.02 } });
    expect(ended.map(answersOf)).toEqual([["a +"]]);
    expect(pending()).toBe(0);
  });

  test("asks the next target at once when the first one fails, and the others 100 ms apart", async () => {
    const fails = { after: 5, fails: true };
    const { pass, asked, verdict } = begin({ a: fails, b: fails, c: fails, d: { after: 20 } });
    await pass(300);
    expect(asked).toEqual([
      [0, "a"],
      [5, "b"],
      [105, "c"],
      [205, "d"],
    ]);
    expect(verdict).toMatchObject({ at: 225, outcome: { success: true } });
  });

  test("asks the next targets after half of the timeout without an answer", async () => {
    const { pass, asked, verdict } = begin({ a: SILENT, b: SILENT, c: { after: 20 } });
    await pass(TIMEOUT);
    expect(asked).toEqual([
      [0, "a"],
      [500, "b"],
      [600, "c"],
    ]);
    expect(verdict).toMatchObject({ at: 620, outcome: { success: true, seconds: 0.62 } });
  });

  test("asks the next targets closer together where 100 ms apart would leave the last one no time", async () => {
    const { pass, asked } = begin({ a: SILENT, b: SILENT, c: SILENT, d: SILENT }, { timeout: 240 });
    await pass(240);
    expect(asked.map(([at]) => at)).toEqual([0, 120, 150, 180]);
  });

  test("asks those that are silent once more after half of the timeout, which makes up for a lost packet", async () => {
    const lossy = { after: 20, loses: true };
    const { pass, asked, again, verdict, ended, pending } = begin({ a: lossy, b: lossy, c: SILENT });
    await pass(530);
    expect([asked, again]).toEqual([
      [
        [0, "a"],
        [500, "b"],
      ],
      [[500, "a"]],
    ]);
    expect(verdict).toMatchObject({ at: 520, outcome: { success: true } });
    await pass(500);
    expect(ended.map(answersOf)).toEqual([["a + again", "b timeout"]]);
    expect(pending()).toBe(0);
  });

  test("asks a single target once more that is silent", async () => {
    const { pass, again, verdict } = begin({ a: { after: 20, loses: true } });
    await pass(TIMEOUT);
    expect([again, verdict.at]).toEqual([[[500, "a"]], 520]);
  });

  test("asks each of the needed targets once more that is silent, and none that has failed", async () => {
    const fails = { after: 5, fails: true };
    const { pass, again } = begin({ a: fails, b: SILENT, c: SILENT }, { need: 2 });
    await pass(TIMEOUT);
    expect(again).toEqual([
      [500, "b"],
      [500, "c"],
    ]);
  });

  test("succeeds by a slow first target also after others have been asked", async () => {
    const { pass, verdict } = begin({ a: { after: 700 }, b: SILENT });
    await pass(TIMEOUT);
    expect(verdict).toMatchObject({ at: 700, outcome: { success: true } });
  });

  test("fails at its timeout when no target answers, and ends what it has asked", async () => {
    const { pass, verdict, ended, aborted, pending } = begin({ a: SILENT, b: SILENT });
    await pass(TIMEOUT);
    expect(verdict).toMatchObject({ at: TIMEOUT, outcome: { success: false, seconds: 1 } });
    expect(answersOf(verdict.outcome?.answers)).toEqual(["a timeout", "b timeout"]);
    expect(ended.map(answersOf)).toEqual([["a timeout", "b timeout"]]);
    expect([aborted, pending()]).toEqual([["a", "b"], 0]);
  });

  test("fails as soon as too few targets are left, without waiting for one that no longer counts", async () => {
    const { pass, verdict, ended, aborted } = begin({ a: { after: 5, fails: true }, b: { after: 30 } }, { need: 2 });
    await pass(10);
    expect(verdict).toMatchObject({ at: 5, outcome: { success: false } });
    expect(ended).toEqual([]);
    await pass(30);
    expect(ended.map(answersOf)).toEqual([["a unreachable", "b +"]]);
    expect(aborted).toEqual([]);
  });

  test("gives a target that is still to answer the rest of the timeout for itself", async () => {
    const { pass, verdict, ended, aborted, pending } = begin({ a: SILENT, b: { after: 20 } });
    await pass(600);
    expect(answersOf(verdict.outcome?.answers)).toEqual(["b +"]);
    expect(ended).toEqual([]);
    await pass(400);
    expect(ended.map(answersOf)).toEqual([["b +", "a timeout"]]);
    expect([aborted, pending()]).toEqual([["a"], 0]);
  });

  test("asks as many targets at once as are needed", async () => {
    const { pass, asked, verdict } = begin({ a: { after: 10 }, b: { after: 30 }, c: SILENT }, { need: 2 });
    await pass(50);
    expect(asked).toEqual([
      [0, "a"],
      [0, "b"],
    ]);
    expect(verdict).toMatchObject({ at: 30, outcome: { success: true } });
  });

  test("needs fewer answers when its own answers show that a target is at fault", async () => {
    let need = 2;
    const { pass, verdict } = begin({ a: SILENT, b: { after: 30 } }, { need: () => need, onEnd: () => (need = 1) });
    await pass(TIMEOUT);
    expect(verdict).toMatchObject({ at: TIMEOUT, outcome: { success: true } });
  });

  test("counts no failure when the process did not run for a time, so that it is repeated", async () => {
    const { pass, suspend, verdict, ended, aborted } = begin({ a: { after: 20, fails: true }, b: SILENT });
    await pass(10);
    suspend(5000);
    await pass(10);
    expect(verdict.outcome).toMatchObject({ success: false });
    expect(verdict.outcome!.seconds).toBeGreaterThan(5);
    expect(ended.map(answersOf)).toEqual([[]]);
    expect(aborted).toEqual(["b"]); // asked at half of the timeout, which was as late
  });
});

describe("every round", () => {
  const behaviour = fc.record({
    after: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.constant(Infinity)),
    fails: fc.boolean(),
  });
  const rounds = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 }).chain((names) =>
    fc.record({
      behaviours: fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), behaviour))).map(Object.fromEntries),
      need: fc.integer({ min: 1, max: names.length }),
      timeout: fc.integer({ min: 10, max: 2000 }),
    }),
  );

  test("has one verdict by its timeout, which is a success exactly when enough targets have answered by then", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async ({ behaviours, need, timeout }) => {
        const { pass, verdict, asked, pending, ended } = begin(behaviours, { need, timeout });
        await pass(timeout);
        const endOf = ([at, target]: readonly [number, string]): number => at + behaviours[target].after;
        const count = (fails: boolean, isInTime: (end: number) => boolean): number =>
          asked.filter((one) => behaviours[one[1]].fails === fails && isInTime(endOf(one))).length;
        const at = verdict.at!;
        expect(at).toBeLessThanOrEqual(timeout);
        expect(verdict.outcome!.seconds).toBeCloseTo(at / 1000, 9);
        if (verdict.outcome!.success) {
          expect(count(false, (end) => end <= at)).toBeGreaterThanOrEqual(need);
          expect(count(false, (end) => end < at)).toBeLessThan(need); // no sooner was it clear
        } else {
          expect(count(false, (end) => end < at)).toBeLessThan(need);
          const left = Object.keys(behaviours).length - count(true, (end) => end <= at);
          expect(at === timeout || left < need).toBe(true);
        }
        expect([pending(), ended.length]).toEqual([0, 1]);
      }),
    );
  });

  test("asks those once more that are silent after half of its timeout, and no others", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async ({ behaviours, need, timeout }) => {
        const { pass, asked, again, verdict } = begin(behaviours, { need, timeout });
        await pass(timeout);
        fc.pre(verdict.at !== timeout / 2); // either comes first then
        const isSilent = ([at, target]: readonly [number, string]): boolean =>
          at < timeout / 2 && at + behaviours[target].after > timeout / 2;
        const clear = asked.filter(
          ([at, target]) => at + behaviours[target].after !== timeout / 2 && at !== timeout / 2,
        );
        const silent = clear.filter(isSilent).map(([, target]) => target);
        const expected = verdict.at! > timeout / 2 ? silent : [];
        expect(again.every(([at]) => at === timeout / 2)).toBe(true);
        const twice = again.map(([, target]) => target);
        expect(clear.map(([, target]) => target).filter((target) => twice.includes(target))).toEqual(expected);
      }),
    );
  });

  test("asks none before its turn, and more than are needed only for a failure or a late answer", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async ({ behaviours, need, timeout }) => {
        const { pass, asked } = begin(behaviours, { need, timeout });
        await pass(timeout);
        const order = Object.keys(behaviours);
        expect(asked.map(([, target]) => target)).toEqual(order.slice(0, asked.length));
        const failures = asked.filter(([, target]) => behaviours[target].fails);
        const firstFailure = Math.min(...failures.map(([at, target]) => at + behaviours[target].after));
        const more = asked.slice(need).map(([at]) => at);
        expect(more.filter((at) => at < Math.min(firstFailure, timeout / 2))).toEqual([]);
        const gap = Math.min(100, timeout / 2 / order.length);
        expect(more.slice(1).filter((at, index) => at - more[index]! < gap - 1e-6)).toEqual([]);
      }),
    );
  });

  test("reports each target that it has asked once, with what it said by the timeout", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async ({ behaviours, need, timeout }) => {
        const { pass, asked, ended } = begin(behaviours, { need, timeout });
        await pass(timeout);
        const reported = answersOf(ended[0]).sort();
        const expected = asked.map(([at, target]) => {
          const { after, fails } = behaviours[target];
          const said = fails ? "unreachable" : "+";
          return at + after === timeout ? undefined : `${target} ${at + after < timeout ? said : "timeout"}`;
        });
        for (const one of expected) if (one !== undefined) expect(reported).toContain(one);
        expect(reported).toHaveLength(asked.length);
      }),
    );
  });
});
