import { describe, expect, test } from "bun:test";

import { describeWay, explanationText } from "../../../src/diagnose/format-explanation.ts";
import {
  contradicts,
  deviation,
  hashText,
  type KernelAnswer,
  sharesOf,
  type WayFacts,
} from "../../../src/diagnose/explanation.ts";
import type { Fate } from "../../../src/diagnose/classify.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { RuleJson } from "../../../src/routing/iproute2/policy-rules.ts";
import { PROTOCOL } from "../../../src/routing/types.ts";
import { type TableRoute, lookUpRules } from "../../../src/routing/rule-lookup.ts";
import { OWN_RULE, routeTo, rulesWith } from "./kernel-facts.fixture.ts";

const EVERYTHING = parseCidr("0.0.0.0/0")!;
const MANAGED: Fate = { kind: "managed", network: EVERYTHING };
const RESERVED: Fate = { kind: "reserved", network: parseCidr("8.0.0.0/8")! };
const MAIN = routeTo("0.0.0.0/0", 254);
const WAY = routeTo("0.0.0.0/0", 180, {
  protocol: PROTOCOL,
  nexthops: [
    { gateway: "10.77.0.11", device: "gw0", weight: 2 },
    { gateway: "10.77.0.12", device: "gw0", weight: 1 },
    { gateway: "10.77.0.11", device: "gw0", weight: 1 },
  ],
});

const OURS = { protocol: String(PROTOCOL) };
const LOST = { ...OURS, priority: 10889, dst: "8.8.0.0", dstlen: 16, goto: 10891 };
const GUARD = { ...OURS, priority: 10890, dst: "8.0.0.0", dstlen: 8, action: "7" };
const NOP = { ...OURS, priority: 10891, nop: null };

const answered = (table: string): KernelAnswer => ({
  ok: true,
  type: "unicast",
  table,
  gateway: "10.0.0.1",
  device: "gw0",
});

function facts(
  fate: Fate,
  rules: Partial<RuleJson>[],
  routes: readonly TableRoute[],
  changes: Partial<WayFacts> = {},
): WayFacts {
  const flow = { to: "8.8.8.8", from: undefined, iif: "lo", protocol: 6, sport: undefined, dport: undefined, uid: 0 };
  const all = rulesWith(...rules);
  const steps = lookUpRules(all, routes, flow);
  return { flow, table: 180, running: true, fate, rules: all, steps, answer: answered("main"), ...changes };
}

describe("why a packet does not go as the options say", () => {
  test.each<[string, WayFacts, string | undefined]>([
    ["it does", facts(MANAGED, [OWN_RULE], [MAIN, WAY]), undefined],
    ["it does, past the gateways", facts(RESERVED, [OWN_RULE], [MAIN]), undefined],
    ["no rule", facts(MANAGED, [], [MAIN, WAY]), "no rule leads into table 180"],
    [
      "no service",
      facts(MANAGED, [], [MAIN], { running: false }),
      "no service runs with these flags, and no rule leads into table 180",
    ],
    ["no gateway", facts(MANAGED, [OWN_RULE], [MAIN]), "table 180 has no way there: no gateway is in use"],
    [
      "a dead service",
      facts(MANAGED, [OWN_RULE], [MAIN], { running: false }),
      "table 180 has no way there: no service runs with these flags",
    ],
    [
      "a refusal",
      facts(MANAGED, [OWN_RULE], [MAIN, { ...WAY, type: "unreachable" }]),
      "the route in table 180 refuses it (unreachable), as -when-no-gateways says while no gateway is in use",
    ],
    [
      "an empty table, and a rule that refuses",
      facts(MANAGED, [OWN_RULE, GUARD], [MAIN]),
      "table 180 has no way there: no gateway is in use, and 10890: from all to 8.0.0.0/8 unreachable refuses it (-when-no-gateways)",
    ],
    [
      "no rule into the table, and one that refuses",
      facts(MANAGED, [GUARD], [MAIN, WAY]),
      "no rule leads into table 180, and 10890: from all to 8.0.0.0/8 unreachable refuses it (-when-no-gateways)",
    ],
    [
      "a lost way past",
      facts(RESERVED, [OWN_RULE, LOST, GUARD], [MAIN]),
      "10890: from all to 8.0.0.0/8 unreachable refuses it, and no rule lets it past",
    ],
    ["a way past", facts(RESERVED, [OWN_RULE, LOST, GUARD, NOP], [MAIN]), undefined],
    [
      "an earlier rule",
      facts(MANAGED, [{ priority: 5, table: "254" }, OWN_RULE], [MAIN, WAY]),
      "another rule decides before ours is asked: 5: from all lookup main",
    ],
    [
      "an earlier jump",
      facts(MANAGED, [{ priority: 5, goto: 32766 }, OWN_RULE], [MAIN, WAY]),
      "another rule decides before ours is asked: 5: from all goto 32766",
    ],
    [
      "an exclusion of another run",
      facts(MANAGED, [OWN_RULE], [MAIN, { ...WAY, type: "throw" }]),
      "table 180 was made with other flags than these",
    ],
    [
      "a route of another run",
      facts(RESERVED, [OWN_RULE], [MAIN, WAY]),
      "the routes in table 180 were made with other flags than these",
    ],
  ])("%s", (_, given, why) => {
    expect(deviation(given)).toBe(why as string);
  });
});

describe("the kernel's answer", () => {
  const managed = facts(MANAGED, [OWN_RULE], [MAIN, WAY]);

  test.each<[string, WayFacts, boolean]>([
    ["agrees", { ...managed, answer: answered("180") }, false],
    ["names another table", { ...managed, answer: answered("main") }, true],
    ["refuses", { ...managed, answer: { ok: false, why: "Network is unreachable" } }, true],
    [
      "refuses as it should",
      facts(MANAGED, [{ priority: 5, action: "7" }], [MAIN], { answer: { ok: false, why: "no" } }),
      false,
    ],
    ["finds a way where there is none", facts(MANAGED, [{ priority: 5, action: "7" }], [MAIN]), true],
  ])("%s", (_, given, contradiction) => {
    expect(contradicts(given)).toBe(contradiction);
  });
});

test("shares add up by gateway", () => {
  expect(sharesOf(WAY.nexthops)).toEqual([
    { gateway: "10.77.0.11", device: "gw0", share: 0.75 },
    { gateway: "10.77.0.12", device: "gw0", share: 0.25 },
  ]);
});

test.each([
  ["0", undefined, /addresses only/],
  [undefined, undefined, /addresses only/],
  ["1", undefined, /ports/],
  ["2", undefined, /tunnel/],
  ["3", undefined, /: source address, destination address, protocol$/],
  ["3", "55", /: source address, destination address, protocol, source port, destination port$/],
])("hash policy %p with fields %p has words", (policy, fields, words) => {
  expect(hashText(policy, fields)).toMatch(words);
});

describe("the text", () => {
  const destinations = { managed: [EVERYTHING], excluded: [], reserved: [], gateways: [] };
  const settings = { hashPolicy: "1", hashFields: "7" };
  const tell = (given: WayFacts) =>
    explanationText(describeWay(given, destinations, settings), { width: Infinity, colour: false });

  test("of a packet that takes the gateways", () => {
    expect(tell(facts(MANAGED, [OWN_RULE], [MAIN, WAY], { answer: answered("180") }))).toBe(
      [
        "8.8.8.8 takes the gateways: -route 0.0.0.0/0 covers it",
        "",
        "RULE ASKED                  ANSWER",
        "0: from all lookup local    table local has no way there",
        "10888: from all lookup 180  table 180 decides: default",
        "",
        "the kernel sends a packet to 8.8.8.8 via 10.0.0.1 on gw0 (table 180)",
        "",
        "GATEWAY     INTERFACE   FLOWS",
        "10.77.0.11  gw0        75.0 %",
        "10.77.0.12  gw0        25.0 %",
        "",
        "flows are told apart by addresses, protocol and ports: every connection is placed by itself (hash policy 1)",
        "",
      ].join("\n"),
    );
  });

  test("of one that should and does not", () => {
    const text = tell(facts(MANAGED, [], [MAIN], { running: false }));
    expect(text).toStartWith(
      "8.8.8.8 should take the gateways: -route 0.0.0.0/0 covers it\nnow it does not: no service runs with these flags, and no rule leads into table 180\n",
    );
    expect(text).not.toContain("GATEWAY");
  });

  test("of one that should not and does", () => {
    const text = tell(facts(RESERVED, [OWN_RULE], [MAIN, WAY], { answer: answered("180") }));
    expect(text).toStartWith("8.8.8.8 should not take the gateways: it lies in the reserved range 8.0.0.0/8");
    expect(text).toContain(
      "\nnow it does all the same: the routes in table 180 were made with other flags than these\n",
    );
  });

  test("many rules about other packets are one line", () => {
    const others = ["1.0.0.0", "2.0.0.0", "3.0.0.0"].map((dst) => ({ ...LOST, dst, dstlen: 8 }));
    const text = tell(facts(MANAGED, [OWN_RULE, ...others, GUARD, NOP], [MAIN]));
    expect(text).toMatch(/\n10888: .*\n10889: 3 rules +are about other packets\n10890: .* refuses it\n/);
    expect(tell(facts(MANAGED, [OWN_RULE, others[0]!, GUARD], [MAIN]))).toMatch(
      /\n10889: from all to 1.0.0.0\/8 goto 10891 +is about/,
    );
  });

  test("of one whose way nobody understands", () => {
    expect(tell(facts(MANAGED, [OWN_RULE], [MAIN, WAY]))).toContain("rules and routes alone do not explain that");
  });
});
