import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createCoalescedTimers } from "../../../src/time/coalesced-timers.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("actions of one moment share a timer, and come in the order in which they were set", () => {
  const done: string[] = [];
  const alarms = createCoalescedTimers(() => performance.now());
  const moment = performance.now() + 10.5;
  const timers = jest.getTimerCount();
  for (const name of ["a", "b", "c"]) alarms.set(moment, () => done.push(name));
  expect(jest.getTimerCount()).toBe(timers + 1);
  jest.advanceTimersByTime(10);
  expect(done).toEqual([]); // half a millisecond too early
  jest.advanceTimersByTime(1);
  expect(done).toEqual(["a", "b", "c"]);
  expect(jest.getTimerCount()).toBe(timers);
});

test("moments apart are kept apart, and one that is over comes at once", () => {
  const done: string[] = [];
  const alarms = createCoalescedTimers(() => performance.now());
  const start = performance.now();
  alarms.set(start + 20, () => done.push("later"));
  alarms.set(start - 5, () => done.push("over"));
  alarms.set(start + 10, () => done.push("sooner"));
  jest.advanceTimersByTime(10);
  expect(done).toEqual(["over", "sooner"]);
  jest.advanceTimersByTime(10);
  expect(done).toEqual(["over", "sooner", "later"]);
});

test("what is called off doesn't happen, even by another action of the same moment, and leaves no timer", () => {
  const done: string[] = [];
  const alarms = createCoalescedTimers(() => performance.now());
  const moment = performance.now() + 10;
  const timers = jest.getTimerCount();
  const alone = alarms.set(moment + 5, () => done.push("alone"));
  alarms.set(moment, () => callOff());
  const callOff = alarms.set(moment, () => done.push("called off"));
  alarms.set(moment, () => done.push("kept"));
  alone();
  expect(jest.getTimerCount()).toBe(timers + 1);
  jest.advanceTimersByTime(20);
  alone(); // once more, when there is nothing left of it
  expect(done).toEqual(["kept"]);
});

test("a moment may be set again while its actions are under way", () => {
  const done: string[] = [];
  const alarms = createCoalescedTimers(() => performance.now());
  const moment = performance.now() + 10;
  const callOff = alarms.set(moment, () => {
    alarms.set(moment, () => done.push("again"));
    callOff(); // the old one, which is over
  });
  jest.advanceTimersByTime(20);
  expect(done).toEqual(["again"]);
});

test("a timer that is early by the other clock is started again", () => {
  let now = 0;
  let wakes = 0;
  const alarms = createCoalescedTimers(() => now);
  alarms.set(100, () => wakes++);
  now = 99.9;
  jest.advanceTimersByTime(100);
  expect(wakes).toBe(0);
  now = 100;
  jest.advanceTimersByTime(1);
  expect(wakes).toBe(1);
});
