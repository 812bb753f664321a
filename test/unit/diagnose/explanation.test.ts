import { describe, expect, test } from "bun:test";

import { explanationOf, explanationText } from "../../../src/diagnose/format-explanation.ts";
import { contradicts, deviation, type PacketFacts } from "../../../src/diagnose/explanation.ts";
import { hashText } from "../../../src/diagnose/hash-text.ts";
import type { Classification } from "../../../src/routing/classify.ts";
import { probePathsText, probePathsTo } from "../../../src/diagnose/probe-paths-to.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { RouteAnswer } from "../../../src/routing/iproute2/inspect.ts";
import type { RuleJson } from "../../../src/routing/policy-rule.ts";
import { type ObservedRoute, PROTOCOL } from "../../../src/routing/types.ts";
import { lookUpRules } from "../../../src/routing/rule-lookup.ts";
import { OWN_RULE, routeTo, rulesWith } from "./kernel-facts.fixture.ts";

const EVERYTHING = parseCidr("0.0.0.0/0")!;
const MANAGED: Classification = { kind: "managed", network: EVERYTHING };
const RESERVED: Classification = { kind: "reserved", network: parseCidr("8.0.0.0/8")! };
const MAIN = routeTo("0.0.0.0/0", 254);
const VIA_GATEWAYS = routeTo("0.0.0.0/0", 180, {
  protocol: PROTOCOL,
  nexthops: [
    { gateway: "10.77.0.11", device: "gw0", weight: 2 },
    { gateway: "10.77.0.12", device: "gw0", weight: 1 },
    { gateway: "10.77.0.11", device: "gw0", weight: 1 },
  ],
});

const OURS = { protocol: String(PROTOCOL) };
const GOTO = { ...OURS, priority: 10889, dst: "8.8.0.0", dstlen: 16, goto: 10891 };
const REJECT = { ...OURS, priority: 10890, dst: "8.0.0.0", dstlen: 8, action: "7" };
const NOP = { ...OURS, priority: 10891, nop: null };

const answered = (table: string): RouteAnswer => ({
  ok: true,
  type: "unicast",
  table,
  gateway: "10.77.0.11",
  device: "gw0",
  redirected: false,
});

function facts(
  classification: Classification,
  rules: Partial<RuleJson>[],
  routes: readonly ObservedRoute[],
  changes: Partial<PacketFacts> = {},
): PacketFacts {
  const packet = { to: "8.8.8.8", from: undefined, iif: "lo", protocol: 6, sport: undefined, dport: undefined, uid: 0 };
  const all = rulesWith(...rules);
  const steps = lookUpRules(all, routes, packet);
  return {
    packet,
    table: 180,
    gateways: ["10.77.0.11", "10.77.0.12"],
    running: true,
    destinations: { managed: [EVERYTHING], excluded: [], reserved: [], gateways: [] },
    classification,
    rules: all,
    steps,
    answer: answered("main"),
    settings: { hashPolicy: "1", hashFields: "7" },
    ...changes,
  };
}

describe("why a packet does not take the route that the options say", () => {
  test.each<[string, PacketFacts, string | undefined]>([
    ["nothing, since it does", facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS]), undefined],
    ["nothing, since it bypasses the gateways as it should", facts(RESERVED, [OWN_RULE], [MAIN]), undefined],
    ["a missing rule", facts(MANAGED, [], [MAIN, VIA_GATEWAYS]), "no rule leads into table 180"],
    [
      "a missing service",
      facts(MANAGED, [], [MAIN], { running: false }),
      "no service runs with these flags, and no rule leads into table 180",
    ],
    ["no gateway in use", facts(MANAGED, [OWN_RULE], [MAIN]), "table 180 has no route to it: no gateway is in use"],
    [
      "a killed service",
      facts(MANAGED, [OWN_RULE], [MAIN], { running: false }),
      "table 180 has no route to it: no service runs with these flags",
    ],
    [
      "a route that rejects it",
      facts(MANAGED, [OWN_RULE], [MAIN, { ...VIA_GATEWAYS, type: "unreachable" }]),
      "the route in table 180 rejects it (unreachable), as -when-no-gateways says while no gateway is in use",
    ],
    [
      "an empty table, and a rule that rejects it",
      facts(MANAGED, [OWN_RULE, REJECT], [MAIN]),
      "table 180 has no route to it: no gateway is in use, and 10890: from all to 8.0.0.0/8 unreachable rejects it (-when-no-gateways)",
    ],
    [
      "no rule into the table, and one that rejects it",
      facts(MANAGED, [REJECT], [MAIN, VIA_GATEWAYS]),
      "no rule leads into table 180, and 10890: from all to 8.0.0.0/8 unreachable rejects it (-when-no-gateways)",
    ],
    [
      "an exclusion that another program removed",
      facts(RESERVED, [OWN_RULE, GOTO, REJECT], [MAIN]),
      "10890: from all to 8.0.0.0/8 unreachable rejects it, and no rule before that excludes it",
    ],
    ["nothing, since a rule excludes it", facts(RESERVED, [OWN_RULE, GOTO, REJECT, NOP], [MAIN]), undefined],
    [
      "a preceding rule",
      facts(MANAGED, [{ priority: 5, table: "254" }, OWN_RULE], [MAIN, VIA_GATEWAYS]),
      "another rule decides before ours: 5: from all lookup main",
    ],
    [
      "a preceding jump",
      facts(MANAGED, [{ priority: 5, goto: 32766 }, OWN_RULE], [MAIN, VIA_GATEWAYS]),
      "another rule decides before ours: 5: from all goto 32766",
    ],
    [
      "an exclusion of another run",
      facts(MANAGED, [OWN_RULE], [MAIN, { ...VIA_GATEWAYS, type: "throw" }]),
      "table 180 was made with other flags than these",
    ],
    [
      "a route of another program in the table",
      facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS, routeTo("8.8.0.0/16", 180)]),
      "a route of another program in table 180 decides: 8.8.0.0/16 via 10.88.0.1 (protocol 4)",
    ],
    [
      "a route of another program that rejects it",
      facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS, routeTo("8.8.8.8/32", 180, { type: "blackhole", nexthops: [] })]),
      "a route of another program in table 180 decides: blackhole 8.8.8.8/32 (protocol 4)",
    ],
    [
      "nothing, since another program's route in the table leads elsewhere as it should",
      facts(RESERVED, [OWN_RULE], [MAIN, routeTo("8.8.0.0/16", 180)]),
      undefined,
    ],
    [
      "a route of another run",
      facts(RESERVED, [OWN_RULE], [MAIN, VIA_GATEWAYS]),
      "the routes in table 180 were made with other flags than these",
    ],
  ])("%s", (_, given, why) => {
    expect(deviation(given)).toBe(why as string);
  });
});

describe("the kernel's answer", () => {
  const managed = facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS]);

  test.each<[string, PacketFacts, boolean]>([
    ["agrees", { ...managed, answer: answered("180") }, false],
    ["names another table", { ...managed, answer: answered("main") }, true],
    ["rejects", { ...managed, answer: { ok: false, why: "Network is unreachable" } }, true],
    [
      "rejects as it should",
      facts(MANAGED, [{ priority: 5, action: "7" }], [MAIN], { answer: { ok: false, why: "no" } }),
      false,
    ],
    ["has a route where the look-up has none", facts(MANAGED, [{ priority: 5, action: "7" }], [MAIN]), true],
  ])("%s", (_, given, contradiction) => {
    expect(contradicts(given)).toBe(contradiction);
  });
});

test.each([
  ["0", undefined, /addresses only/],
  [undefined, undefined, /addresses only/],
  ["1", undefined, /ports/],
  ["2", undefined, /tunnel/],
  ["3", undefined, /: source address, destination address, protocol$/],
  ["3", "55", /: source address, destination address, protocol, source port, destination port$/],
])("hash policy %p with fields %p is named", (policy, fields, words) => {
  expect(hashText(policy, fields)).toMatch(words);
});

describe("the text", () => {
  const textOf = (given: PacketFacts) => explanationText(given, { width: Infinity, colour: false });

  test("of a packet that goes through the gateways has rules, the kernel's answer and shares", () => {
    expect(textOf(facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS], { answer: answered("180") }))).toBe(
      [
        "8.8.8.8 goes through the gateways: -route 0.0.0.0/0 covers it",
        "",
        "RULE                        RESULT",
        "0: from all lookup local    table local has no route to it",
        "10888: from all lookup 180  table 180 decides: default",
        "",
        "the kernel sends a packet to 8.8.8.8 via 10.77.0.11 on gw0 (table 180)",
        "",
        "GATEWAY     INTERFACE   FLOWS",
        "10.77.0.11  gw0        75.0 %",
        "10.77.0.12  gw0        25.0 %",
        "",
        "flows are distributed by addresses, protocol and ports: connections of one client to one server may use different gateways (hash policy 1)",
        "",
      ].join("\n"),
    );
  });

  test("of a packet that should go through them and does not begins with both and the reason", () => {
    const text = textOf(facts(MANAGED, [], [MAIN], { running: false }));
    expect(text).toStartWith(
      "8.8.8.8 should go through the gateways: -route 0.0.0.0/0 covers it\nnow it does not: no service runs with these flags, and no rule leads into table 180\n",
    );
    expect(text).not.toContain("GATEWAY");
  });

  test("of a packet that should not go through them and does begins with both and the reason", () => {
    const text = textOf(facts(RESERVED, [OWN_RULE], [MAIN, VIA_GATEWAYS], { answer: answered("180") }));
    expect(text).toStartWith(
      "8.8.8.8 should not go through the gateways: -exclude-reserved-cidrs excludes the reserved range 8.0.0.0/8",
    );
    expect(text).toContain("\nnow it does: the routes in table 180 were made with other flags than these\n");
  });

  test("has one line for neighbouring rules of one preference that do not match", () => {
    const others = ["1.0.0.0", "2.0.0.0", "3.0.0.0"].map((dst) => ({ ...GOTO, dst, dstlen: 8 }));
    const text = textOf(facts(MANAGED, [OWN_RULE, ...others, REJECT, NOP], [MAIN]));
    expect(text).toMatch(/\n10888: .*\n10889: 3 rules +do not match\n10890: .* rejects it\n/);
    expect(textOf(facts(MANAGED, [OWN_RULE, others[0]!, REJECT], [MAIN]))).toMatch(
      /\n10889: from all to 1.0.0.0\/8 goto 10891 +does not match/,
    );
  });

  test("names a next hop that is not a gateway of the flags, and the redirect that leads there", () => {
    const given = facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS], {
      gateways: ["10.77.0.11"],
      answer: { ok: true, type: "unicast", table: "180", gateway: "10.77.0.99", device: "gw0", redirected: true },
    });
    expect(textOf(given)).toContain(
      "\nthe kernel sends a packet to 8.8.8.8 via 10.77.0.99, which is not a gateway: an ICMP redirect leads there (accept_redirects), see check, on gw0 (table 180)\n",
    );
    expect(textOf(given)).toContain("\n10.77.0.12 (not in -start-ip to -end-ip)  gw0        25.0 %\n");
    expect(explanationOf(given).shares.map(({ inRange }) => inRange)).toEqual([true, false]);
  });

  test("says when rules and routes do not explain the answer of the kernel", () => {
    expect(textOf(facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS]))).toContain("rules and routes do not explain this");
  });
});

test("the JSON form has a text for each step", () => {
  const { steps } = explanationOf(facts(MANAGED, [OWN_RULE], [MAIN, VIA_GATEWAYS], { answer: answered("180") }));
  expect(steps).toEqual([
    { rule: "0: from all lookup local", outcome: "empty", text: "table local has no route to it" },
    { rule: "10888: from all lookup 180", outcome: "route", text: "table 180 decides: default" },
  ]);
});

describe("the explanation of a target of probes", () => {
  const PROBE_RULES = [
    { ...OURS, priority: 100, not: null, fwmark: "0xad000000", fwmask: "0xff000000", goto: 102 },
    { ...OURS, priority: 101, fwmark: "0xad000001", fwmask: "0xff0000ff", table: "18001" },
    { ...OURS, priority: 102, fwmark: "0xad000000", fwmask: "0xff000000", action: "7" },
  ];
  const configWith = (flags: Readonly<Record<string, string>>) => {
    const range = { "start-ip": "10.77.0.11", "end-ip": "10.77.0.12" };
    const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    return parsed.config;
  };
  const config = configWith({ through: "icmp:8.8.8.8,9.9.9.9 http://8.8.8.8/" });

  test("shows the rules for probes, which let it pass, and how probes get there", () => {
    const given = facts(MANAGED, [...PROBE_RULES, OWN_RULE], [VIA_GATEWAYS, MAIN], { answer: answered("180") });
    const probes = probePathsTo("8.8.8.8", config, given.rules);
    const explanation = explanationOf({ ...given, probes });
    expect(explanation.deviation).toBeNull();
    expect(explanation.steps.slice(1, 3).map(({ rule, text }) => `${rule}: ${text}`)).toEqual([
      "100: not from all fwmark 0xad000000/0xff000000 goto 102: continues there: it is no probe",
      "102: from all fwmark 0xad000000/0xff000000 unreachable: does not match",
    ]);
    expect(explanation.probes!.paths.map(({ mark, present }) => [mark, present])).toEqual([
      ["0xad000001", true],
      ["0xad000002", false],
    ]);
    expect(explanationText({ ...given, probes }, { width: Infinity, colour: false })).toEndWith(
      "\n\nicmp, url probes to it have the marks 0xad000001 to 0xad000002, each of which leads through its gateway, by table 18001 to 18002 (1 of 2 rules are missing)\n",
    );
  });

  test("says that no rule leads probes there while no service runs, and nothing about other addresses", () => {
    expect(probePathsText(probePathsTo("9.9.9.9", config, rulesWith())!)).toBe(
      "icmp probes to it have the marks 0xad000001 to 0xad000002, for which there is no rule: no service runs with these flags",
    );
    expect(probePathsTo("9.9.9.10", config, rulesWith())).toBeUndefined();
    expect(probePathsTo("9.9.9.9", configWith({}), rulesWith())).toBeUndefined();
  });
});

test("a marker that decides is called so", () => {
  const changes = { type: "blackhole", protocol: PROTOCOL, metric: 180, nexthops: [] };
  const marker = (more: Partial<ObservedRoute> = {}) => routeTo("8.8.8.8/32", 254, { ...changes, ...more });
  const textOf = (route: ObservedRoute) =>
    explanationText(facts(RESERVED, [], [MAIN, route]), { width: Infinity, colour: false });
  expect(textOf(marker())).toContain("table main decides: blackhole 8.8.8.8/32, the marker of table 180\n");
  expect(textOf(marker({ protocol: 3 }))).toContain("table main decides: blackhole 8.8.8.8/32\n");
});
