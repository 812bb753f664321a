import { describe, expect, test } from "bun:test";

import type { RuleJson } from "../../../src/routing/policy-rule.ts";
import { lookUpRules, type Packet } from "../../../src/routing/rule-lookup.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import { routeTo, rulesWith } from "../diagnose/kernel-facts.fixture.ts";

const PACKET: Packet = {
  to: "8.8.8.8",
  from: undefined,
  iif: "lo",
  protocol: 6,
  sport: undefined,
  dport: undefined,
  uid: 0,
};
const MAIN = routeTo("0.0.0.0/0", 254);

/** Each rule of the look-up, by its preference, with its outcome. */
function lookUp(
  rules: Partial<RuleJson>[],
  routes: readonly ObservedRoute[] = [MAIN],
  packet: Partial<Packet> = {},
): string[] {
  const steps = lookUpRules(rulesWith(...rules), routes, { ...PACKET, ...packet });
  return steps.map(({ rule, outcome }) => `${rule.preference} ${outcome}`);
}

describe("the rule look-up for a packet", () => {
  test("ends at the first table with a route to the destination", () => {
    expect(lookUp([])).toEqual(["0 empty", "32766 route"]);
    expect(lookUp([{ priority: 100, table: "7" }], [MAIN, routeTo("8.8.0.0/16", 7)])).toEqual(["0 empty", "100 route"]);
  });

  test("continues after a throw route and after a suppressed one", () => {
    const routes = [MAIN, routeTo("8.0.0.0/8", 7, { type: "throw" })];
    expect(lookUp([{ priority: 100, table: "7" }], routes)).toEqual(["0 empty", "100 throw", "32766 route"]);
    const rule = { priority: 100, table: "254", suppress_prefixlen: 0 };
    expect(lookUp([rule])).toEqual(["0 empty", "100 suppressed", "32766 route"]);
    expect(lookUp([rule], [MAIN, routeTo("8.0.0.0/8", 254)])).toEqual(["0 empty", "100 route"]);
  });

  test("ends at a rule that rejects, follows jumps, and may end without any route", () => {
    expect(lookUp([{ priority: 100, action: "7" }])).toEqual(["0 empty", "100 reject"]);
    const jump = [
      { priority: 100, goto: 300 },
      { priority: 200, action: "7" },
      { priority: 300, table: "254" },
    ];
    expect(lookUp(jump)).toEqual(["0 empty", "100 jump", "300 route"]);
    expect(lookUp([{ priority: 100, goto: 999 }])).toEqual(["0 empty", "100 pass", "32766 route"]);
    expect(lookUp([], [])).toEqual(["0 empty", "32766 empty", "32767 empty"]);
  });

  test("of a link-local address passes routes over other interfaces, and those without one", () => {
    const overLan = routeTo("fe80::/64", 254, { nexthops: [{ gateway: "", device: "lan0", weight: 1 }] });
    const overGateways = routeTo("::/0", 7, { nexthops: [{ gateway: "fd00::a", device: "gw0", weight: 1 }] });
    const routes = [overLan, overGateways, routeTo("fe80::/10", 7, { type: "throw", nexthops: [] })];
    const packet = (oif: string) => ({ to: `fe80::5%${oif}`, oif });
    expect(lookUp([{ priority: 100, table: "7" }], routes, packet("lan0"))).toEqual([
      "0 empty",
      "100 empty",
      "32766 route",
    ]);
    expect(lookUp([{ priority: 100, table: "7" }], routes, packet("gw0"))).toEqual(["0 empty", "100 route"]);
    expect(lookUp([{ priority: 100, oif: "gw0", action: "7" }], routes, packet("gw0"))).toEqual([
      "0 empty",
      "100 reject",
    ]);
    expect(lookUp([{ priority: 100, oif: "lan0", action: "7" }], routes, packet("gw0"))[1]).toBe("100 no-match");
  });

  test("chooses the route with the longest prefix, then with the lowest metric", () => {
    const [first, second] = [routeTo("8.8.8.0/24", 7, { metric: 9 }), routeTo("8.8.8.0/24", 7, { metric: 5 })];
    const routes = [MAIN, routeTo("8.0.0.0/8", 7), first, second, routeTo("9.9.9.9/32", 7)];
    const steps = lookUpRules(rulesWith({ priority: 100, table: "7" }), routes, PACKET);
    expect(steps.at(-1)!.route).toBe(second);
  });

  test.each<[string, Partial<RuleJson>, Partial<Packet>, boolean]>([
    ["a source", { src: "10.1.0.0", srclen: 16 }, { from: "10.1.2.3" }, true],
    ["another source", { src: "10.1.0.0", srclen: 16 }, { from: "10.2.2.3" }, false],
    ["a source, for a packet that has none yet", { src: "10.1.0.0", srclen: 16 }, {}, false],
    ["a single source", { src: "10.1.2.3" }, { from: "10.1.2.3" }, true],
    ["a destination", { dst: "8.8.8.0", dstlen: 24 }, {}, true],
    ["another destination", { dst: "8.8.9.0", dstlen: 24 }, {}, false],
    ["anything but a source", { not: null, src: "10.1.0.0", srclen: 16 }, { from: "10.1.2.3" }, false],
    ["anything but another source", { not: null, src: "10.1.0.0", srclen: 16 }, { from: "9.9.9.9" }, true],
    ["packets of this machine", { iif: "lo" }, {}, true],
    ["another incoming interface", { iif: "eth0" }, {}, false],
    ["an incoming interface", { iif: "eth0" }, { iif: "eth0" }, true],
    ["an outgoing interface", { oif: "eth0" }, {}, false],
    ["a mark", { fwmark: "0x1" }, {}, false],
    ["no mark under a mask", { fwmark: "0x100", fwmask: "0xff" }, {}, true],
    ["the mark of the packet", { fwmark: "0xad000001" }, { mark: 0xad000001 }, true],
    ["another mark than that of the packet", { fwmark: "0xad000001" }, { mark: 0xad000002 }, false],
    ["the mark of the packet under a mask", { fwmark: "0xad000000", fwmask: "0xff000000" }, { mark: 0xad0000a0 }, true],
    ["another mark under a mask", { fwmark: "0xad000000", fwmask: "0xff000000" }, { mark: 0xae000000 }, false],
    ["anything but a mark", { not: null, fwmark: "0xad000000", fwmask: "0xff000000" }, {}, true],
    ["anything but the mark of the packet", { not: null, fwmark: "0xca6c" }, { mark: 0xca6c }, false],
    ["a type of service", { tos: "0x10" }, {}, false],
    ["a user", { uid_start: 0, uid_end: 0 }, {}, true],
    ["another user", { uid_start: 1000, uid_end: 2000 }, {}, false],
    ["a protocol", { ipproto: "ipproto-6" }, {}, true],
    ["a protocol by name", { ipproto: "udp" }, {}, false],
    ["a port", { dport: 443 }, { dport: 443 }, true],
    ["a port, for a packet without a known one", { dport: 443 }, {}, false],
    ["a range of ports", { sport_start: 1000, sport_end: 2000 }, { sport: 2000 }, true],
    ["another range of ports", { sport_start: 1000, sport_end: 2000 }, { sport: 2001 }, false],
  ])("matches or skips a rule about %s", (_, selector, packet, matches) => {
    const outcomes = lookUp([{ priority: 100, action: "7", ...selector }], [MAIN], packet);
    expect(outcomes).toEqual(matches ? ["0 empty", "100 reject"] : ["0 empty", "100 no-match", "32766 route"]);
  });

  test("jumps over the rules for probes, which packets of probes take", () => {
    const marked = { fwmark: "0xad000000", fwmask: "0xff000000", protocol: "173" };
    const rules = [
      { priority: 100, not: null, ...marked, goto: 102 },
      { priority: 101, fwmark: "0xad000001", fwmask: "0xff0000ff", table: "18001", protocol: "173" },
      { priority: 102, ...marked, action: "7" },
    ];
    const routes = [MAIN, routeTo("0.0.0.0/0", 18001)];
    expect(lookUp(rules, routes)).toEqual(["0 empty", "100 jump", "102 no-match", "32766 route"]);
    expect(lookUp(rules, routes, { mark: 0xca6c })).toEqual(["0 empty", "100 jump", "102 no-match", "32766 route"]);
    expect(lookUp(rules, routes, { mark: 0xad000001 })).toEqual(["0 empty", "100 no-match", "101 route"]);
    expect(lookUp(rules, [MAIN], { mark: 0xad000001 })).toEqual([
      ...["0 empty", "100 no-match", "101 empty", "102 reject"],
    ]);
    expect(lookUp([rules[0]!], [MAIN])).toEqual(["0 empty", "100 pass", "32766 route"]);
  });

  test("passes rules that do nothing", () => {
    const rules = [
      { priority: 100, nop: null },
      { priority: 200, l3mdev: null },
    ];
    expect(lookUp(rules)).toEqual(["0 empty", "100 pass", "200 pass", "32766 route"]);
  });
});
