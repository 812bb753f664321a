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
    look: (paths) => void done.push(paths ? "read with paths" : "read"),
    hasUnusable: () => hasUnusable,
    probeAll: () => void done.push("probe"),
  });
  return {
    ...handler,
    /** What was done since the last call. */
    recent: () => done.splice(0),
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

test.each<[string, KernelEvent]>([
  ["a change of the table", TABLE],
  ["a change of a rule", { kind: "rule" }],
  ["a loss of events", { kind: "overflow" }],
])("after %s the kernel is read at once, and once more after 50 ms for all events that follow", (_, event) => {
  const { onKernelEvent, recent, after } = setUp();
  onKernelEvent(event);
  expect(recent()).toEqual(["read"]);
  for (let i = 0; i < 10; i++) onKernelEvent(event);
  expect(after(49)).toEqual([]);
  expect(after(1)).toEqual(["read"]);
  expect(after(1000)).toEqual([]);
});

test("after a change of links the kernel is read with the paths to the gateways, and all gateways are probed", () => {
  const { onKernelEvent, recent } = setUp();
  onKernelEvent(LINK);
  expect(recent()).toEqual(["read with paths", "probe"]);
});

test("links that flap cause at most 500 probes per second: all of 500 gateways once", () => {
  const { onKernelEvent, recent } = setUp(500);
  for (let i = 0; i < 100; i++) {
    onKernelEvent(LINK);
    jest.advanceTimersByTime(50);
  }
  const probes = recent().filter((what) => what === "probe");
  expect(probes).toHaveLength(6); // at 0, 1, ... 5 s: 500 in a second
});

test("a change of another table causes no reading while every gateway can be a nexthop", () => {
  const { onKernelEvent, after } = setUp();
  onKernelEvent(OTHER);
  expect(after(2000)).toEqual([]);
});

test("changes of another table cause one reading per second while a gateway cannot be a nexthop", () => {
  const { onKernelEvent, recent, after } = setUp(3, true);
  onKernelEvent(OTHER);
  expect(recent()).toEqual(["read with paths"]);
  onKernelEvent(OTHER);
  onKernelEvent(OTHER);
  expect(after(999)).toEqual([]);
  expect(after(1)).toEqual(["read with paths"]);
});

test("a stop cancels the readings and probes that are due", () => {
  const { onKernelEvent, stop, recent, after } = setUp(3, true);
  for (const event of [TABLE, LINK, OTHER]) for (let i = 0; i < 2; i++) onKernelEvent(event);
  recent();
  stop();
  expect(after(5000)).toEqual([]);
});
