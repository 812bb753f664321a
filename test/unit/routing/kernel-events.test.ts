import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createKernelEventHandler } from "../../../src/routing/kernel-events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { KernelEvent } from "../../../src/routing/kernel.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The handler of a pool with so many gateways, and what it did. */
function setUp(gateways = 3) {
  const done: string[] = [];
  const handler = createKernelEventHandler({
    isOwnTable: (table) => table === 180,
    gateways: Array.from({ length: gateways }, (_, index) => `10.0.${index >> 8}.${index & 255}`),
    isPath: (device) => device === "eth0",
    look: (cause) => void done.push(`read ${cause}`),
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

const TABLE: KernelEvent = { kind: "route", table: 180, destination: parseCidr("8.8.8.0/24") };
const PATH: KernelEvent = { kind: "route", table: undefined, destination: parseCidr("10.0.0.2/32") };
const LINK: KernelEvent = { kind: "link", devices: ["eth0"], network: undefined };

test.each<[string, KernelEvent, string[]]>([
  ["a change of the table", TABLE, []],
  ["a change of a rule", { kind: "rule" }, []],
  ["a loss of events, which also gives rejected gateways another chance", { kind: "overflow" }, ["read paths"]],
])("after %s the kernel is read at once, and once more after 50 ms for all events that follow", (_, event, besides) => {
  const { onKernelEvent, recent, after } = setUp();
  onKernelEvent(event);
  expect(recent()).toEqual(["read entries", ...besides]);
  for (let i = 0; i < 10; i++) onKernelEvent(event);
  expect(after(49)).toEqual([]);
  expect(after(1)).toEqual(["read entries"]);
  expect(after(1000)).toEqual(besides);
});

test.each<[string, KernelEvent]>([
  ["an interface that leads to a gateway", LINK],
  ["a port of a bridge that leads to a gateway", { ...LINK, devices: ["veth7@if6", "veth7", "eth0"] }],
  ["an address in whose network a gateway is", { ...LINK, devices: ["eth1"], network: parseCidr("10.0.0.0/24") }],
  ["an interface without a known name", { ...LINK, devices: [] }],
])("after a change of %s the kernel is read, and all gateways are probed", (_, event) => {
  const { onKernelEvent, recent } = setUp();
  onKernelEvent(event);
  expect(recent()).toEqual(["read links", "probe"]);
});

test("changes of other interfaces cause one reading per second and no probe", () => {
  const { onKernelEvent, recent, after } = setUp();
  const other: KernelEvent = { kind: "link", devices: ["veth9@if8", "veth9"], network: parseCidr("172.17.0.0/16") };
  for (let i = 0; i < 15; i++) onKernelEvent(other);
  expect(recent()).toEqual(["read paths"]);
  expect(after(999)).toEqual([]);
  expect(after(1)).toEqual(["read paths"]);
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

test("a route of another table causes no reading while no gateway is in it", () => {
  const { onKernelEvent, after } = setUp();
  onKernelEvent({ kind: "route", table: 254, destination: parseCidr("10.0.1.0/24") });
  expect(after(2000)).toEqual([]);
});

test.each([["10.0.0.2/32"], ["10.0.0.0/24"], ["0.0.0.0/0"], [undefined]])(
  "the route %p of another table, which may lead to a gateway, causes a reading with the paths",
  (text) => {
    const { onKernelEvent, recent } = setUp();
    onKernelEvent({ kind: "route", table: undefined, destination: text === undefined ? text : parseCidr(text) });
    expect(recent()).toEqual(["read paths"]);
  },
);

test("routes to gateways that change all the time cause one reading per second", () => {
  const { onKernelEvent, recent, after } = setUp();
  onKernelEvent(PATH);
  expect(recent()).toEqual(["read paths"]);
  onKernelEvent(PATH);
  onKernelEvent(PATH);
  expect(after(999)).toEqual([]);
  expect(after(1)).toEqual(["read paths"]);
});

test("a stop cancels the readings and probes that are due", () => {
  const { onKernelEvent, stop, recent, after } = setUp();
  for (const event of [TABLE, LINK, PATH]) for (let i = 0; i < 2; i++) onKernelEvent(event);
  recent();
  stop();
  expect(after(5000)).toEqual([]);
});

test("a reading is for the tables that were changed since the last one, and for all where more may have been", () => {
  const readings: (readonly number[] | undefined)[] = [];
  const { onKernelEvent } = createKernelEventHandler({
    isOwnTable: (table) => table >= 180,
    gateways: [],
    isPath: () => false,
    look: (_, tables) => void readings.push(tables && [...tables].sort()),
    probeAll: () => {},
  });
  const changed = (table: number): void => onKernelEvent({ kind: "route", table, destination: undefined });
  changed(181);
  changed(180);
  changed(181);
  jest.advanceTimersByTime(50);
  changed(180);
  onKernelEvent({ kind: "rule" });
  changed(180);
  jest.advanceTimersByTime(50);
  jest.advanceTimersByTime(50);
  changed(182);
  expect(readings).toEqual([[181], [180, 181], undefined, [182]]);
});

test("a change of nexthop objects of the table has the kernel read, and that of other ones does not", () => {
  const { onKernelEvent, recent } = setUp();
  onKernelEvent({ kind: "nexthop", table: 181 });
  expect(recent()).toEqual([]);
  onKernelEvent({ kind: "nexthop", table: 180 });
  expect(recent()).toEqual(["read entries"]);
});
