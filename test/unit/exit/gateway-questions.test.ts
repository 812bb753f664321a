import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { GatewayQuestions, type Outcome } from "../../../src/exit/gateway-questions.ts";
import { runDue } from "../../fixtures/fake-time.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A gateway whose questions all have the outcome that was set last. */
function open(outcome: Outcome) {
  const state = { outcome, asked: 0, verdicts: 0 };
  const questions = new GatewayQuestions({
    ask: async () => {
      state.asked += 1;
      return state.outcome;
    },
    onVerdict: () => void (state.verdicts += 1),
    longestWait: 60_000,
  });
  const pass = async (milliseconds: number): Promise<void> => {
    jest.advanceTimersByTime(milliseconds);
    await runDue();
  };
  return { questions, state, pass };
}

test("a gateway that is believed is asked again after 0.5 s, 1 s, 2 s and 4 s, with a verdict each time", async () => {
  const { questions, state, pass } = open("believed");
  questions.request(true);
  for (const wait of [0, 500, 1000, 2000, 4000]) await pass(wait);
  expect(state).toMatchObject({ asked: 5, verdicts: 5 });
  await pass(60_000);
  expect(state.asked).toBe(5);
});

test("a question in its turn that has no answer is not repeated", async () => {
  const { questions, state, pass } = open("believed");
  void questions.ask();
  await pass(60_000);
  expect(state.asked).toBe(1);
});

test("a question that fails in its turn does not end the repeats of a gateway that has come up", async () => {
  const { questions, state, pass } = open("believed");
  questions.request(true);
  await pass(499);
  void questions.ask();
  for (const wait of [0, 1000, 2000, 4000, 60_000]) await pass(wait);
  expect(state.asked).toBe(5);
});

test("a verdict by an answer ends the repeats", async () => {
  const { questions, state, pass } = open("believed");
  questions.request(true);
  await pass(0);
  state.outcome = "known";
  await pass(500);
  await pass(60_000);
  expect(state).toMatchObject({ asked: 2, verdicts: 2 });
});

test("while an unclear question waits to be repeated, only a gateway that was down is asked at once", async () => {
  const { questions, state, pass } = open("unclear");
  questions.request(true);
  await pass(0);
  questions.request(false);
  await pass(0);
  expect(state).toMatchObject({ asked: 1, verdicts: 0 });
  questions.request(true);
  await pass(0);
  expect(state.asked).toBe(2);
});

test("nothing is repeated after the stop", async () => {
  const { questions, state, pass } = open("unclear");
  questions.request(true);
  await pass(0);
  questions.stop();
  await pass(60_000);
  expect(state.asked).toBe(1);
});
