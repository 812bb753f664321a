import { afterEach, expect, jest, test } from "bun:test";

import { runDue } from "../../fixtures/fake-time.ts";
import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import type { ExitEvent } from "../../../src/exit/events.ts";
import { ExitCheck } from "../../../src/exit/exit-check.ts";

const [A, B] = ["10.0.0.1", "10.0.0.2"] as const;
const [OWN, EXIT_A, EXIT_B] = ["5.0.0.9", "5.0.0.1", "5.0.0.2"] as const;
const BYPASS = { mark: 255 };
const PATHS = new Map([
  [A, { mark: 1 }],
  [B, { mark: 2 }],
]);

const found = (address: string): LookUpResult => ({ kind: "success", address, seconds: 0.01 });
const FAILED: LookUpResult = { kind: "failure", code: "status", detail: "status 503", seconds: 0.01 };

const checks: ExitCheck[] = [];
afterEach(() => checks.splice(0).forEach((check) => check.stop()));

/** A check of two gateways, whose answers by mark can be changed. */
function open() {
  const answers = new Map<number, LookUpResult>([
    [BYPASS.mark, found(OWN)],
    [1, found(EXIT_A)],
    [2, found(EXIT_B)],
  ]);
  const asked: number[] = [];
  const hooks = { onAsk: (_mark: number): void => {} };
  const wrong = new Set<number>();
  const events: ExitEvent[] = [];
  const verdicts: [gateway: string, code: string | undefined][] = [];
  const check = new ExitCheck({
    ...{ paths: PATHS, bypass: BYPASS, period: 3_600_000 },
    ask: async ({ mark }) => {
      asked.push(mark);
      hooks.onAsk(mark);
      return answers.get(mark)!;
    },
    isRouted: async ({ mark }) => !wrong.has(mark),
    emit: (event) => void events.push(event),
    onVerdict: (gateway, leak) => void verdicts.push([gateway, leak?.code]),
  });
  checks.push(check);
  const checked = async (gateway: string): Promise<void> => {
    check.check(gateway);
    await Bun.sleep(5);
  };
  return { check, answers, asked, hooks, wrong, events, verdicts, checked };
}

test("a gateway whose exit is its own gets a verdict, after the own exit was asked for", async () => {
  const { checked, asked, verdicts } = open();
  await checked(A);
  expect([asked, verdicts]).toEqual([[255, 1], [[A, undefined]]]);
});

test("a gateway whose exit is that of the router leaks when it is asked a second time as well", async () => {
  const { checked, answers, asked, verdicts } = open();
  answers.set(1, found(OWN));
  await checked(A);
  expect(asked).toEqual([255, 1, 1]);
  expect(verdicts).toContainEqual([A, "leak"]);
  await checked(A);
  expect(verdicts.at(-1)).toEqual([A, "leak"]);
  answers.set(1, found(EXIT_A));
  await checked(A);
  expect(verdicts.at(-1)).toEqual([A, undefined]);
});

test("a gateway that leaks is never cleared while this router gets another address", async () => {
  const { checked, answers, verdicts } = open();
  answers.set(1, found(OWN));
  await checked(A);
  for (const mark of [1, 255]) answers.set(mark, found("5.0.0.10"));
  await Bun.sleep(1100); // until the own address does not count as fresh any more
  await checked(A);
  expect(new Set(verdicts.map(([, code]) => code))).toEqual(new Set(["leak"]));
});

test("a gateway that is believed for want of an answer is asked again soon, and so is the own exit", async () => {
  const { checked, answers, verdicts } = open();
  for (const mark of [1, BYPASS.mark]) answers.set(mark, FAILED);
  await checked(A);
  expect(verdicts).toEqual([[A, undefined]]);
  for (const mark of [1, BYPASS.mark]) answers.set(mark, found(OWN));
  await Bun.sleep(1600);
  expect(verdicts.at(-1)).toEqual([A, "leak"]);
});

test("questions that stay without an answer are repeated four times", async () => {
  jest.useFakeTimers();
  try {
    const { check, answers, asked } = open();
    answers.set(1, FAILED);
    check.check(A);
    for (const wait of [0, 500, 1000, 2000, 4000, 60_000]) {
      jest.advanceTimersByTime(wait);
      await runDue();
    }
    expect(asked.filter((mark) => mark === 1)).toHaveLength(5);
  } finally {
    jest.useRealTimers();
  }
});

test("an exit that a missing rule has made is no verdict, and is asked for again soon", async () => {
  const { checked, answers, wrong, verdicts } = open();
  answers.set(1, found(OWN));
  wrong.add(1);
  await checked(A);
  expect(verdicts).toEqual([]);
  answers.set(1, found(EXIT_A));
  wrong.clear();
  await Bun.sleep(600);
  expect(verdicts).toEqual([[A, undefined]]);
});

test("an exit is no verdict either when the rule goes while it is asked for a second time", async () => {
  const { checked, answers, asked, hooks, wrong, verdicts } = open();
  answers.set(1, found(OWN));
  hooks.onAsk = () => void (asked.length === 3 && wrong.add(1));
  await checked(A);
  expect([asked, verdicts]).toEqual([[255, 1, 1], []]);
});

test("a gateway whose packets are always led elsewhere is asked less and less often, and that is reported", async () => {
  const { check, answers, asked, wrong, events, verdicts } = open();
  answers.set(1, found(OWN));
  wrong.add(1);
  jest.useFakeTimers();
  for (let tenth = 0; tenth < 300; tenth++) {
    check.check(A); // with each result of a probe
    await runDue();
    jest.advanceTimersByTime(100);
  }
  jest.useRealTimers();
  expect(asked.filter((mark) => mark === 1).length).toBeLessThan(8);
  expect(verdicts).toEqual([]);
  const results = events.flatMap((event) => (event.type === "exit" ? event.result : []));
  expect(
    results.every((result) => result.kind === "failure" && result.detail.includes("not led through the gateway")),
  ).toBe(true);
});

test("a question from before a gateway was down is no verdict on it, and it is asked again", async () => {
  const { check, asked, verdicts } = open();
  check.check(A);
  check.check(A, true);
  check.check(A);
  await Bun.sleep(5);
  expect([asked, verdicts]).toEqual([[255, 1, 1], [[A, undefined]]]);
});

test("a question without an answer leaves a gateway as it was", async () => {
  const { checked, answers, verdicts } = open();
  answers.set(1, found(OWN));
  await checked(A);
  for (const mark of [1, 2]) answers.set(mark, FAILED);
  await checked(A);
  await checked(B);
  expect(verdicts.slice(-2)).toEqual([
    [A, "leak"],
    [B, undefined],
  ]);
});

test.each<[string, (opened: ReturnType<typeof open>) => void]>([
  ["no exit of its own", ({ wrong }) => void wrong.add(BYPASS.mark)],
  [
    "a rule that goes while the own exit is asked for",
    ({ hooks, wrong }) => (hooks.onAsk = (mark) => void (mark === BYPASS.mark && wrong.add(mark))),
  ],
  ["an own exit that is not known", ({ answers }) => void answers.set(BYPASS.mark, FAILED)],
])("with %s nothing leaks", async (_, prepare) => {
  const opened = open();
  prepare(opened);
  opened.answers.set(1, found(OWN));
  await opened.checked(A);
  expect(opened.verdicts).toEqual([[A, undefined]]);
  const [own] = opened.events.filter(({ type }) => type === "own-exit");
  expect(own).toMatchObject({ result: { kind: "failure" } });
});

test("from its start on it asks for everything by turns, the own exit first, until it is stopped", async () => {
  const { asked } = open();
  const check = new ExitCheck({
    ...{ paths: PATHS, bypass: BYPASS, period: 60 },
    ask: async ({ mark }) => {
      asked.push(mark);
      return found(`5.0.0.${mark}`);
    },
    isRouted: async () => true,
    emit: () => {},
    onVerdict: () => {},
  });
  jest.useFakeTimers();
  check.start();
  for (let turn = 0; turn < 3; turn++) {
    await runDue();
    jest.advanceTimersByTime(20);
  }
  check.stop();
  jest.advanceTimersByTime(1000);
  await runDue();
  jest.useRealTimers();
  expect(asked).toEqual([255, 1, 2, 255]);
});
