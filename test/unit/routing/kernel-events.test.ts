import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createKernelEventHandler } from "../../../src/routing/kernel-events.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Reactions of a service with so many gateways, and what they did. */
function setUp(gateways = 3, refuses = false) {
  const done: string[] = [];
  const reconciler = { look: (links = false) => void done.push(links ? "look at links" : "look"), refuses };
  const reactions = createKernelEventHandler({ gateways, reconciler, probeAll: () => void done.push("probe") });
  return {
    ...reactions,
    /** What was done since the last time. */
    news: () => done.splice(0),
    /** The same, after so many milliseconds. */
    after(ms: number): string[] {
      jest.advanceTimersByTime(ms);
      return done.splice(0);
    },
  };
}

test.each(["table", "overflow"] as const)("%s: a look at once, and one more for all that follow", (signal) => {
  const { onKernelEvent, news, after } = setUp();
  onKernelEvent(signal);
  expect(news()).toEqual(["look"]);
  for (let i = 0; i < 10; i++) onKernelEvent(signal);
  expect(after(49)).toEqual([]);
  expect(after(1)).toEqual(["look"]);
  expect(after(1000)).toEqual([]);
});

test("links: refused gateways get another chance, and all are probed", () => {
  const { onKernelEvent, news } = setUp();
  onKernelEvent("links");
  expect(news()).toEqual(["look at links", "probe"]);
});

test("links that flap make no flood of probes, however many gateways there are", () => {
  const { onKernelEvent, news } = setUp(500);
  for (let i = 0; i < 100; i++) {
    onKernelEvent("links");
    jest.advanceTimersByTime(50);
  }
  const probes = news().filter((what) => what === "probe");
  expect(probes).toHaveLength(6); // at 0, 1, ... 5 s: 500 in a second
});

test("elsewhere: nothing while every gateway has a way", () => {
  const { onKernelEvent, after } = setUp();
  onKernelEvent("elsewhere");
  expect(after(2000)).toEqual([]);
});

test("elsewhere: a look once a second while a gateway has none", () => {
  const { onKernelEvent, news, after } = setUp(3, true);
  onKernelEvent("elsewhere");
  expect(news()).toEqual(["look at links"]);
  onKernelEvent("elsewhere");
  onKernelEvent("elsewhere");
  expect(after(999)).toEqual([]);
  expect(after(1)).toEqual(["look at links"]);
});

test("nothing is done any more after a stop", () => {
  const { onKernelEvent, stop, news, after } = setUp(3, true);
  for (const signal of ["table", "links", "elsewhere"] as const) for (let i = 0; i < 2; i++) onKernelEvent(signal);
  news();
  stop();
  expect(after(5000)).toEqual([]);
});
