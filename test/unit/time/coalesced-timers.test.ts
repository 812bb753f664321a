import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createCoalescedTimers } from "../../../src/time/coalesced-timers.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("actions of one moment share a timer, and run in the order in which they were set", () => {
  const done: string[] = [];
  const timers = createCoalescedTimers(() => performance.now());
  const moment = performance.now() + 10.5;
  const count = jest.getTimerCount();
  for (const name of ["a", "b", "c"]) timers.set(moment, () => done.push(name));
  expect(jest.getTimerCount()).toBe(count + 1);
  jest.advanceTimersByTime(10);
  expect(done).toEqual([]); // half a millisecond too early
  jest.advanceTimersByTime(1);
  expect(done).toEqual(["a", "b", "c"]);
  expect(jest.getTimerCount()).toBe(count);
});

test("actions of different moments run apart, and one of the past at once", () => {
  const done: string[] = [];
  const timers = createCoalescedTimers(() => performance.now());
  const start = performance.now();
  timers.set(start + 20, () => done.push("later"));
  timers.set(start - 5, () => done.push("over"));
  timers.set(start + 10, () => done.push("sooner"));
  jest.advanceTimersByTime(10);
  expect(done).toEqual(["over", "sooner"]);
  jest.advanceTimersByTime(10);
  expect(done).toEqual(["over", "sooner", "later"]);
});

test("a cancelled action does not run, even if another action of its moment cancels it, and leaves no timer", () => {
  const done: string[] = [];
  const timers = createCoalescedTimers(() => performance.now());
  const moment = performance.now() + 10;
  const count = jest.getTimerCount();
  const alone = timers.set(moment + 5, () => done.push("alone"));
  timers.set(moment, () => cancel());
  const cancel = timers.set(moment, () => done.push("cancelled"));
  timers.set(moment, () => done.push("remaining"));
  alone();
  expect(jest.getTimerCount()).toBe(count + 1);
  jest.advanceTimersByTime(20);
  alone(); // once more, when there is nothing left of it
  expect(done).toEqual(["remaining"]);
});

test("an action can set another one for the same moment", () => {
  const done: string[] = [];
  const timers = createCoalescedTimers(() => performance.now());
  const moment = performance.now() + 10;
  const cancel = timers.set(moment, () => {
    timers.set(moment, () => done.push("again"));
    cancel(); // the old one, which is over
  });
  jest.advanceTimersByTime(20);
  expect(done).toEqual(["again"]);
});

test("a timer that fires early by the given clock is started again", () => {
  let now = 0;
  let wakes = 0;
  const timers = createCoalescedTimers(() => now);
  timers.set(100, () => wakes++);
  now = 99.9;
  jest.advanceTimersByTime(100);
  expect(wakes).toBe(0);
  now = 100;
  jest.advanceTimersByTime(1);
  expect(wakes).toBe(1);
});
