import { describe, expect, test } from "bun:test";

import { fateOf, killSwitches, sentencesOf, type Statement, trafficNow } from "../../../src/status/packets.ts";
import type { Pool, PoolFamily, Routing } from "../../../src/status/schema.ts";

const [ONE, TWO] = ["192.168.1.10", "192.168.1.11"] as const;
const gateways = (...states: ("up" | "down" | "unknown")[]) =>
  states.map((state, index) => ({ address: [ONE, TWO][index]!, state }));

const statementText = (all: readonly Statement[]): string =>
  all.map(({ who, text }) => (who === "" ? text : `${who}: ${text}`)).join("; ");

const MOMENT = { time: "2026-01-02T03:04:05.000Z", ageSeconds: 4 };
const EMPTY: Routing = {
  standing: { ok: true, why: "right" },
  table: 180,
  preference: 10888,
  rule: true,
  whenNoGateways: "fall-through",
  rejectsIpv6: false,
  guardRules: 0,
  routes: [],
  precedingRules: [],
  exclusions: 0,
  seen: MOMENT,
};
const DESTINATION = { destination: "0.0.0.0/0", metric: 0 };
const REJECT = { ...DESTINATION, type: "unreachable", metric: 4294967295, nexthops: [], shares: [] };
const over = (...addresses: string[]): Routing["routes"][number] => ({
  ...{ ...DESTINATION, type: "unicast" },
  nexthops: addresses.map((gateway) => ({ gateway, device: "eth0", weight: 1 })),
  shares: [],
});
const SPREAD: Routing = { ...EMPTY, routes: [over(ONE, TWO)] };
const KILL_SWITCH: Routing = { ...EMPTY, whenNoGateways: "unreachable", guardRules: 2, routes: [REJECT] };
const diversion = (extent: "all" | "some") => ({ rule: "5:", extent, networks: [], more: 0, why: "rule 5" });

describe("packets", () => {
  test.each<[string, Routing, ReturnType<typeof fateOf>]>([
    ["are spread over the gateways of the route", SPREAD, { kind: "spread", gateways: 2 }],
    ["count a gateway with two nexthops once", { ...EMPTY, routes: [over(ONE, ONE)] }, { kind: "spread", gateways: 1 }],
    [
      "do not reach a reject route behind that with gateways",
      { ...KILL_SWITCH, routes: [over(ONE), REJECT] },
      { kind: "spread", gateways: 1 },
    ],
    ["are rejected by a reject route", KILL_SWITCH, { kind: "rejected", how: "unreachable" }],
    [
      "are rejected by the rules of the kill switch alone",
      { ...KILL_SWITCH, routes: [] },
      { kind: "rejected", how: "unreachable" },
    ],
    [
      "are rejected by them while the rule to the table is missing",
      { ...KILL_SWITCH, routes: [over(ONE)], rule: false },
      { kind: "rejected", how: "unreachable" },
    ],
    ["fall through without a route", EMPTY, { kind: "falls-through" }],
    ["fall through without the rule to the table", { ...SPREAD, rule: false }, { kind: "falls-through" }],
    [
      "fall through a kill switch whose rules and routes are missing",
      { ...KILL_SWITCH, routes: [], guardRules: 0 },
      { kind: "falls-through" },
    ],
    [
      "are diverted by a rule that takes all of them",
      { ...SPREAD, precedingRules: [diversion("all")] },
      { kind: "diverted" },
    ],
    [
      "are not diverted by a rule that takes some of them",
      { ...SPREAD, precedingRules: [diversion("some")] },
      { kind: "spread", gateways: 2 },
    ],
    ["are unknown before the kernel is read", { ...SPREAD, seen: null }, { kind: "unknown" }],
  ])("%s", (_, routing, fate) => {
    expect(fateOf(routing, gateways("up", "down"))).toEqual(fate);
  });

  test("keep the last routes once all gateways in them are down", () => {
    expect(fateOf(SPREAD, gateways("down", "down"))).toEqual({ kind: "kept" });
    expect(fateOf(SPREAD, gateways("down", "unknown"))).toEqual({ kind: "spread", gateways: 2 });
  });
});

const family = (word: PoolFamily["family"], routing: Routing) => ({ family: word, routing }) as PoolFamily;
const pool = (name: string, routing: Routing, families?: PoolFamily[]) =>
  ({ name, routing, ...(families && { families }) }) as Pool;

describe("what happens to traffic", () => {
  test("is one sentence for the pool without a name", () => {
    const statements = trafficNow({ gateways: [], routing: SPREAD });
    expect(statements).toEqual([{ who: "", text: "is spread over 2 gateways", tone: "good" }]);
  });

  test("names pools where they differ, the worst first", () => {
    const pools = [pool("vpn", SPREAD), pool("iot", KILL_SWITCH), pool("office", SPREAD), pool("rest", EMPTY)];
    const statements = trafficNow({ gateways: [], routing: SPREAD, pools });
    expect(statements.map(({ tone }) => tone)).toEqual(["bad", "bad", "good"]);
    expect(statementText(statements)).toBe(
      "iot: is rejected (unreachable); rest: takes the next pool or the normal routing tables; vpn, office: is spread over 2 gateways",
    );
    const alike = { gateways: [], routing: SPREAD, pools: [pool("vpn", SPREAD), pool("rest", SPREAD)] };
    expect(statementText(trafficNow(alike))).toBe("is spread over 2 gateways");
  });

  test("names families where they differ", () => {
    const families = [family("ipv4", SPREAD), family("ipv6", KILL_SWITCH)];
    const expected = "is rejected (unreachable); vpn IPv4: is spread over 2 gateways";
    const pools = [pool("vpn", SPREAD, families)];
    expect(statementText(trafficNow({ gateways: [], routing: SPREAD, pools }))).toBe(`vpn IPv6: ${expected}`);
  });

  test("says that IPv6 is rejected where a kill switch does so at all times, which is no problem", () => {
    const routing: Routing = { ...KILL_SWITCH, routes: [over(ONE)], rejectsIpv6: true };
    const statements = trafficNow({ gateways: [], routing });
    expect(statementText(statements)).toBe("IPv4: goes to one gateway; IPv6: is rejected (unreachable)");
    expect(statements.map(({ tone }) => tone)).toEqual(["good", "quiet"]);
  });
});

test("sentences have their subject, and what they speak of where that is not all", () => {
  const statements: Statement[] = [
    { who: "vpn, rest IPv6", text: "is rejected (unreachable)", tone: "bad" },
    { who: "", text: "is spread over 2 gateways", tone: "good" },
  ];
  expect(sentencesOf("traffic", statements)).toEqual([
    "traffic of vpn, rest IPv6 is rejected (unreachable)",
    "traffic is spread over 2 gateways",
  ]);
});

describe("the kill switch", () => {
  test("is on or off, for each pool where that differs", () => {
    expect(statementText(killSwitches({ routing: SPREAD }))).toBe("off");
    expect(statementText(killSwitches({ routing: { ...SPREAD, whenNoGateways: "keep" } }))).toBe("off");
    expect(statementText(killSwitches({ routing: KILL_SWITCH }))).toBe("on (unreachable)");
    const pools = [pool("vpn", KILL_SWITCH), pool("rest", SPREAD)];
    expect(statementText(killSwitches({ routing: KILL_SWITCH, pools }))).toBe("vpn: on (unreachable); rest: off");
  });

  test("says where its rules are missing from the kernel, in any family", () => {
    const missing: Routing = { ...KILL_SWITCH, guardRules: 0 };
    const families = [family("ipv4", KILL_SWITCH), family("ipv6", missing)];
    expect(killSwitches({ routing: KILL_SWITCH, families })).toEqual([
      { who: "", text: "on (unreachable), but its rules are missing", tone: "bad" },
    ]);
    expect(statementText(killSwitches({ routing: { ...missing, seen: null } }))).toBe("on (unreachable)");
  });
});
