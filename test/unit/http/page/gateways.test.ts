import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import {
  selectGateways,
  publicAddressText,
  totalsOf,
  type GatewayFilter,
  densityOf,
  unprobed,
} from "../../../../src/http/page/gateways.ts";
import { reasonOf } from "../../../../src/status/phrases.ts";
import { needsAttention } from "../../../../src/http/page/badges.ts";
import type { Gateway } from "../../../../src/status/schema.ts";

const NOW = { time: "2026-01-02T03:04:05Z", ageSeconds: 7 };

const gateway = (number: number, more: Partial<Gateway> = {}): Gateway => ({
  address: `10.0.0.${number}`,
  state: "up",
  since: NOW,
  failuresInRow: 0,
  lastFailure: null,
  leftOut: null,
  held: null,
  kept: false,
  carriesTraffic: true,
  share: 0.1,
  latency: { p50: 0.01, p95: 0.02, probes: 3, answered: 3 },
  flaps: { lastHour: 0, sinceStart: 0 },
  publicAddress: null,
  history: { up: [], answered: [], failed: [], latencySeconds: [] },
  ...more,
});

const down = { state: "down", carriesTraffic: false, share: 0 } as const;
const all: GatewayFilter = { order: "address", only: "all", text: "" };
const numbers = (gateways: readonly Gateway[]): number[] =>
  gateways.map(({ address }) => Number(address.split(".").at(-1)));

describe("gateways", () => {
  test("with problems come first, the worst before the rest, otherwise by address", () => {
    const idle = { carriesTraffic: false, share: 0 };
    const unknown = { state: "unknown", ...idle } as const;
    const some = [gateway(1), gateway(2, unknown), gateway(3, idle), gateway(4, down), gateway(5), gateway(6, down)];
    expect(numbers(selectGateways(some, { ...all, order: "attention" }))).toEqual([4, 6, 3, 2, 1, 5]);
    expect(numbers(selectGateways(some, all))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(numbers(selectGateways(some, { ...all, only: "attention" }))).toEqual([3, 4, 6]);
  });

  test("are sorted by address as numbers, IPv4 first", () => {
    const addresses = ["fd00::a", "10.0.0.10", "fd00::9", "fe80::1%lan0", "10.0.0.9", "2001:db8::1"];
    const some = addresses.map((address) => gateway(0, { address }));
    expect(selectGateways(some, all).map(({ address }) => address)).toEqual([
      ...["10.0.0.9", "10.0.0.10", "2001:db8::1", "fd00::9", "fd00::a", "fe80::1%lan0"],
    ]);
  });

  test("can be sorted by latency, share and flaps", () => {
    const latency = (p95: number | null) => ({ latency: { p50: p95, p95, probes: 9, answered: 9 } });
    const some = [
      gateway(1, { ...latency(0.1), flaps: { lastHour: 0, sinceStart: 9 } }),
      gateway(2, { ...latency(null), share: 0.6 }),
      gateway(3, { ...latency(0.2), flaps: { lastHour: 1, sinceStart: 1 } }),
    ];
    expect(numbers(selectGateways(some, { ...all, order: "latency" }))).toEqual([3, 1, 2]);
    expect(numbers(selectGateways(some, { ...all, order: "share" }))).toEqual([2, 1, 3]);
    expect(numbers(selectGateways(some, { ...all, order: "flaps" }))).toEqual([3, 1, 2]);
  });

  test("can be sorted by address, in whatever order the service has them", () => {
    const some = [gateway(10), gateway(9), gateway(1, { address: "192.168.1.1" }), gateway(2, { address: "9.0.0.2" })];
    const addresses = selectGateways(some, all).map(({ address }) => address);
    expect(addresses).toEqual(["9.0.0.2", "10.0.0.9", "10.0.0.10", "192.168.1.1"]);
    expect(selectGateways(some, { ...all, order: "share" })).toEqual(some);
  });

  test("are found by name", () => {
    const some = [gateway(1, { name: "Sweden" }), gateway(2, { name: "norway" }), gateway(3)];
    expect(numbers(selectGateways(some, { ...all, text: "swe" }))).toEqual([1]);
  });

  test("are found by address, public address, state and reason", () => {
    const some = [
      gateway(1, { publicAddress: { address: "203.0.113.5", state: "known", why: null } }),
      gateway(2, { ...down, lastFailure: { why: "timeout after 1s", at: NOW } }),
      gateway(3, { carriesTraffic: false, leftOut: "it is not on a network" }),
    ];
    const found = (text: string) => numbers(selectGateways(some, { ...all, text }));
    expect(found("0.0.2")).toEqual([2]);
    expect(found("203.0")).toEqual([1]);
    expect(found(" TIMEOUT ")).toEqual([2]);
    expect(found("not in use")).toEqual([3]);
    expect(found("left out")).toEqual([3]);
    expect(found("nonsense")).toEqual([]);
  });

  test("are the same in every order", () => {
    const some = fc.array(fc.record({ up: fc.boolean(), share: fc.double({ min: 0, max: 1, noNaN: true }) }));
    const orders = fc.constantFrom<GatewayFilter["order"]>("attention", "address", "latency", "share", "flaps");
    fc.assert(
      fc.property(some, orders, (list, order) => {
        const gateways = list.map(({ up, share }, index) => gateway(index + 1, { ...(up ? {} : down), share }));
        const arranged = selectGateways(gateways, { ...all, order });
        expect(numbers(arranged).sort((a, b) => a - b)).toEqual(numbers(gateways));
        const trouble = selectGateways(gateways, { ...all, order, only: "attention" });
        expect(trouble).toEqual(arranged.filter(needsAttention));
      }),
    );
  });

  test("are counted", () => {
    const flaps = { lastHour: 2, sinceStart: 5 };
    expect(totalsOf([gateway(1, { flaps }), gateway(2, down), gateway(3, { carriesTraffic: false })])).toEqual({
      all: 3,
      up: 2,
      inUse: 1,
      attention: 2,
      flapsLastHour: 2,
    });
  });
});

describe("the reason", () => {
  const lastFailure = { why: "status 503", at: NOW };
  const held = { losses: 3, remainingSeconds: 11.2 };

  test.each([
    ["a gateway that never failed", {}, "", null],
    ["a gateway that is down", { ...down, lastFailure }, "status 503", null],
    ["a gateway whose last probe failed", { lastFailure, failuresInRow: 1 }, "status 503", null],
    ["a gateway that failed once", { lastFailure }, "status 503", 7],
    ["a gateway in a flap hold", { held }, "flap hold for 12s more: went down 3 times in a short time", null],
    [
      "a gateway that is down and in a flap hold",
      { ...down, lastFailure, held },
      "status 503; flap hold for 12s more: went down 3 times in a short time",
      null,
    ],
    [
      "a gateway that is kept in use",
      { ...down, lastFailure, kept: true },
      "used although down (-min-healthy): status 503",
      null,
    ],
    ["a gateway that is left out", { lastFailure, leftOut: "no way" }, "left out: no way", null],
  ] as const)("of %s", (_, more, text, ageSeconds) => {
    expect(reasonOf(gateway(1, more))).toEqual({ text, ageSeconds });
  });
});

test.each([
  [null, ""],
  [{ address: "1.2.3.4", state: "known", why: null }, "1.2.3.4"],
  [{ address: "1.2.3.4", state: "kept", why: null }, "1.2.3.4 (last known)"],
  [{ address: null, state: "unknown", why: null }, "public address unknown"],
  [{ address: null, state: "inactive", why: null }, ""],
] as const)("a public address %j is shown as %p", (publicAddress, text) => {
  expect(publicAddressText({ publicAddress })).toBe(text);
});

test.each([
  [12, false, "roomy"],
  [13, false, "dense"],
  [13, true, "detailed"],
  [12, true, "roomy"],
] as const)("%i gateways, with details asked for: %p, are shown %s", (rows, detailed, density) => {
  expect(densityOf(rows, detailed)).toBe(density);
});

test("gateways that are not probed yet are counted for themselves", () => {
  expect(unprobed([{ state: "unknown" }, { state: "up" }, { state: "down" }])).toBe(1);
});
