import { describe, expect, test } from "bun:test";

import type { RuleJson } from "../../../src/routing/iproute2/policy-rules.ts";
import { type Flow, type TableRoute, lookUpRules } from "../../../src/routing/rule-lookup.ts";
import { routeTo, rulesWith } from "../diagnose/kernel-facts.fixture.ts";

const FLOW: Flow = {
  to: "8.8.8.8",
  from: undefined,
  iif: "lo",
  protocol: 6,
  sport: undefined,
  dport: undefined,
  uid: 0,
};
const MAIN = routeTo("0.0.0.0/0", 254);

/** Each rule that was asked, by its preference, with what came of it. */
function walk(rules: Partial<RuleJson>[], routes: readonly TableRoute[] = [MAIN], flow: Partial<Flow> = {}): string[] {
  const steps = lookUpRules(rulesWith(...rules), routes, { ...FLOW, ...flow });
  return steps.map(({ rule, outcome }) => `${rule.preference} ${outcome}`);
}

describe("a packet's way through the rules", () => {
  test("ends at the first table that has a way", () => {
    expect(walk([])).toEqual(["0 empty", "32766 way"]);
    expect(walk([{ priority: 100, table: "7" }], [MAIN, routeTo("8.8.0.0/16", 7)])).toEqual(["0 empty", "100 way"]);
  });

  test("goes on when the way is a throw, or too general for the rule", () => {
    const routes = [MAIN, routeTo("8.0.0.0/8", 7, { type: "throw" })];
    expect(walk([{ priority: 100, table: "7" }], routes)).toEqual(["0 empty", "100 throw", "32766 way"]);
    const rule = { priority: 100, table: "254", suppress_prefixlen: 0 };
    expect(walk([rule])).toEqual(["0 empty", "100 short", "32766 way"]);
    expect(walk([rule], [MAIN, routeTo("8.0.0.0/8", 254)])).toEqual(["0 empty", "100 way"]);
  });

  test("ends at a rule that refuses, jumps where it is told, and may end without any way", () => {
    expect(walk([{ priority: 100, action: "7" }])).toEqual(["0 empty", "100 end"]);
    const jump = [
      { priority: 100, goto: 300 },
      { priority: 200, action: "7" },
      { priority: 300, table: "254" },
    ];
    expect(walk(jump)).toEqual(["0 empty", "100 jump", "300 way"]);
    expect(walk([{ priority: 100, goto: 999 }])).toEqual(["0 empty", "100 pass", "32766 way"]);
    expect(walk([], [])).toEqual(["0 empty", "32766 empty", "32767 empty"]);
  });

  test("the longest prefix wins, then the lowest metric", () => {
    const [first, second] = [routeTo("8.8.8.0/24", 7, { metric: 9 }), routeTo("8.8.8.0/24", 7, { metric: 5 })];
    const routes = [MAIN, routeTo("8.0.0.0/8", 7), first, second, routeTo("9.9.9.9/32", 7)];
    const steps = lookUpRules(rulesWith({ priority: 100, table: "7" }), routes, FLOW);
    expect(steps.at(-1)!.route).toBe(second);
  });

  test.each<[string, Partial<RuleJson>, Partial<Flow>, boolean]>([
    ["a source", { src: "10.1.0.0", srclen: 16 }, { from: "10.1.2.3" }, true],
    ["another source", { src: "10.1.0.0", srclen: 16 }, { from: "10.2.2.3" }, false],
    ["a source, when there is none yet", { src: "10.1.0.0", srclen: 16 }, {}, false],
    ["a single source", { src: "10.1.2.3" }, { from: "10.1.2.3" }, true],
    ["a destination", { dst: "8.8.8.0", dstlen: 24 }, {}, true],
    ["another destination", { dst: "8.8.9.0", dstlen: 24 }, {}, false],
    ["anything but a source", { not: null, src: "10.1.0.0", srclen: 16 }, { from: "10.1.2.3" }, false],
    ["anything but another source", { not: null, src: "10.1.0.0", srclen: 16 }, { from: "9.9.9.9" }, true],
    ["this machine's own", { iif: "lo" }, {}, true],
    ["what comes in elsewhere", { iif: "eth0" }, {}, false],
    ["what comes in there", { iif: "eth0" }, { iif: "eth0" }, true],
    ["a way out", { oif: "eth0" }, {}, false],
    ["a mark", { fwmark: "0x1" }, {}, false],
    ["no mark under a mask", { fwmark: "0x100", fwmask: "0xff" }, {}, true],
    ["a type of service", { tos: "0x10" }, {}, false],
    ["a user", { uid_start: 0, uid_end: 0 }, {}, true],
    ["another user", { uid_start: 1000, uid_end: 2000 }, {}, false],
    ["a protocol", { ipproto: "ipproto-6" }, {}, true],
    ["a protocol by name", { ipproto: "udp" }, {}, false],
    ["a port", { dport: 443 }, { dport: 443 }, true],
    ["a port, when none is known", { dport: 443 }, {}, false],
    ["a range of ports", { sport_start: 1000, sport_end: 2000 }, { sport: 2000 }, true],
    ["another range of ports", { sport_start: 1000, sport_end: 2000 }, { sport: 2001 }, false],
  ])("a rule about %s", (_, selector, flow, matches) => {
    const outcomes = walk([{ priority: 100, action: "7", ...selector }], [MAIN], flow);
    expect(outcomes).toEqual(matches ? ["0 empty", "100 end"] : ["0 empty", "100 other", "32766 way"]);
  });

  test("rules that do nothing are passed", () => {
    const rules = [
      { priority: 100, nop: null },
      { priority: 200, l3mdev: null },
    ];
    expect(walk(rules)).toEqual(["0 empty", "100 pass", "200 pass", "32766 way"]);
  });
});
