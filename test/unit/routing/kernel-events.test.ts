import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createKernelEventHandler } from "../../../src/routing/kernel-events.ts";
import type { KernelEvent } from "../../../src/routing/kernel.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The handler of a pool with so many gateways, and what it did. */
function setUp(gateways = 3, hasUnusable = false) {
  const done: string[] = [];
  const handler = createKernelEventHandler({
    table: 180,
    gateways,
    look: (paths) => void done.push(paths ? "look at paths" : "look"),
    hasUnusable: () => hasUnusable,
    probeAll: () => void done.push("probe"),
  });
  return {
    ...handler,
    /** What was done since the last time. */
    news: () => done.splice(0),
    /** The same, after so many milliseconds. */
    after(ms: number): string[] {
      jest.advanceTimersByTime(ms);
      return done.splice(0);
    },
  };
}

const TABLE: KernelEvent = { kind: "route", table: 180 };
const OTHER: KernelEvent = { kind: "route", table: 254 };
const LINK: KernelEvent = { kind: "link" };

test.each<KernelEvent>([TABLE, { kind: "rule" }, { kind: "overflow" }])(
  "after %p the kernel is read at once, and once more for all that follow",
  (event) => {
    const { onKernelEvent, news, after } = setUp();
    onKernelEvent(event);
    expect(news()).toEqual(["look"]);
    for (let i = 0; i < 10; i++) onKernelEvent(event);
    expect(after(49)).toEqual([]);
    expect(after(1)).toEqual(["look"]);
    expect(after(1000)).toEqual([]);
  },
);

test("after a change of links rejected gateways get another chance, and all are probed", () => {
  const { onKernelEvent, news } = setUp();
  onKernelEvent(LINK);
  expect(news()).toEqual(["look at paths", "probe"]);
});

test("links that flap cause at most 500 probes a second, however many gateways there are", () => {
  const { onKernelEvent, news } = setUp(500);
  for (let i = 0; i < 100; i++) {
    onKernelEvent(LINK);
    jest.advanceTimersByTime(50);
  }
  const probes = news().filter((what) => what === "probe");
  expect(probes).toHaveLength(6); // at 0, 1, ... 5 s: 500 in a second
});

test("a change of another table causes nothing while every gateway can be a nexthop", () => {
  const { onKernelEvent, after } = setUp();
  onKernelEvent(OTHER);
  expect(after(2000)).toEqual([]);
});

test("a change of another table causes a reading once a second while a gateway cannot be a nexthop", () => {
  const { onKernelEvent, news, after } = setUp(3, true);
  onKernelEvent(OTHER);
  expect(news()).toEqual(["look at paths"]);
  onKernelEvent(OTHER);
  onKernelEvent(OTHER);
  expect(after(999)).toEqual([]);
  expect(after(1)).toEqual(["look at paths"]);
});

test("nothing is done after a stop", () => {
  const { onKernelEvent, stop, news, after } = setUp(3, true);
  for (const event of [TABLE, LINK, OTHER]) for (let i = 0; i < 2; i++) onKernelEvent(event);
  news();
  stop();
  expect(after(5000)).toEqual([]);
});
