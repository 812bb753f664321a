import { describe, expect, test } from "bun:test";

import { checkPrecedingRules } from "../../../src/diagnose/preceding-rules.ts";
import type { Finding } from "../../../src/diagnose/finding.ts";
import type { TableFacts } from "../../../src/diagnose/table-use.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { precedingRules, readDiversions } from "../../../src/routing/diversions.ts";
import type { RuleJson } from "../../../src/routing/policy-rule.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import { OWN_RULE, TABLE_REF, routeTo, rulesWith, textsOf, wantedRoutes } from "./kernel-facts.fixture.ts";

const MAIN = [routeTo("0.0.0.0/0", 254), routeTo("10.77.0.0/24", 254), routeTo("10.88.0.0/24", 254)];

async function check(
  rules: Partial<RuleJson>[],
  routes: readonly ObservedRoute[] = MAIN,
  wanted: TableFacts["wanted"] = wantedRoutes(),
  killSwitch = false,
): Promise<Finding[]> {
  const facts = { tableRef: TABLE_REF, killSwitch, rules: rulesWith(...rules) };
  const diversions = await readDiversions(
    precedingRules(facts.rules, TABLE_REF),
    wanted,
    TABLE_REF,
    async (table, visit) => {
      routes.filter((route) => route.table === table).forEach(visit);
    },
  );
  return checkPrecedingRules(facts, diversions);
}

async function levels(...parameters: Parameters<typeof check>): Promise<string[]> {
  return (await check(...parameters)).map(({ level }) => level);
}

describe("a rule of another program before ours", () => {
  test("is none of the kernel's own and none of ours", async () => {
    expect(await check([OWN_RULE, { priority: 20000, table: "254" }])).toEqual([
      { level: "ok", topic: "preceding rules", message: "no rule of another program comes before ours" },
    ]);
  });

  test("is none of our rules for probes", async () => {
    const marked = { fwmark: "0xad000000", fwmask: "0xff000000", protocol: "173" };
    const probes = [
      { priority: 100, not: null, ...marked, goto: 102 },
      { priority: 101, fwmark: "0xad000001", fwmask: "0xff0000ff", table: "18001", protocol: "173" },
      { priority: 102, ...marked, action: "7" },
    ];
    const routes = [...MAIN, routeTo("0.0.0.0/0", 18001)];
    expect(await levels([...probes, OWN_RULE], routes)).toEqual(["ok"]);
    expect(await levels(probes, routes)).toEqual(["ok"]);
    expect(await levels([...probes, { priority: 101, table: "254" }, OWN_RULE], routes)).toEqual(["error"]);
  });

  test("keeps all packets from the gateways when its table has a default route", async () => {
    const [finding] = await check([{ priority: 100, table: "254" }]);
    expect(finding).toEqual({
      level: "error",
      topic: "preceding rules",
      message: "100: from all lookup main: no packet reaches the gateways, since table main has a route for each",
      remedy: "set -first-rule-preference 99, or give that rule a preference above 10888",
    });
  });

  test.each<[string, Partial<RuleJson>, ObservedRoute[]]>([
    ["a table with only private networks", { table: "52" }, [routeTo("100.64.0.0/10", 52), routeTo("10.1.0.0/16", 52)]],
    ["an empty table", { table: "52" }, []],
    ["the main table without its default route", { table: "254", suppress_prefixlen: 0 }, MAIN],
    ["a table that throws everything back", { table: "52" }, [routeTo("0.0.0.0/0", 52, { type: "throw" })]],
    ["a rule that does nothing", { nop: null }, MAIN],
    ["a jump to a rule that is still before ours", { goto: 200 }, MAIN],
  ])("is ok when it leads to %s", async (_, rule, routes) => {
    expect(await levels([{ priority: 100, ...rule }], routes)).toEqual(["ok"]);
  });

  test.each<[string, Partial<RuleJson>]>([
    ["rejects as unreachable", { action: "7" }],
    ["rejects as blackhole, as older releases of ip name it", { action: "blackhole" }],
    ["jumps over ours", { goto: 32766 }],
  ])("keeps all packets from the gateways when it %s", async (_, rule) => {
    expect(await levels([{ priority: 100, ...rule }])).toEqual(["error"]);
  });

  test("is a warning when it matches some packets: by its routes, or by its selector", async () => {
    const part = await check([{ priority: 100, table: "52" }], [routeTo("8.8.8.0/24", 52)]);
    expect(part[0]).toMatchObject({
      level: "warning",
      message:
        "100: from all lookup 52: no packet to 8.8.8.0/24 reaches the gateways, since table 52 has a route there",
    });
    const picked = await check([{ priority: 100, fwmark: "0x1", table: "52" }], [routeTo("0.0.0.0/0", 52)]);
    expect(picked[0]).toMatchObject({
      level: "warning",
      message:
        "100: from all fwmark 0x1 lookup 52: no packet that it selects to any address reaches the gateways, since table 52 has a route for each",
    });
  });

  test("is ok when it leads packets with a mark, or with a route of their own, to the main table", async () => {
    const marked = await check([{ priority: 100, fwmark: "0x1", table: "254" }]);
    expect(textsOf(marked)).toEqual([
      "ok preceding rules: 100: from all fwmark 0x1 lookup main: packets that it selects to any address bypass the gateways",
    ]);
    const routed = [...MAIN, routeTo("44.0.0.0/8", 254)];
    expect(textsOf(await check([{ priority: 100, table: "254", suppress_prefixlen: 0 }], routed))).toEqual([
      "ok preceding rules: 100: from all lookup main suppress_prefixlength 0: packets to 44.0.0.0/8 bypass the gateways",
    ]);
  });

  test.each([
    [100, false, "set -first-rule-preference 99, or give that rule a preference above 10888"],
    [100, true, "set -first-rule-preference 96, or give that rule a preference above 10891"],
    [1, false, "give that rule a preference above 10888"],
    [4, true, "give that rule a preference above 10891"],
  ])(
    "with the preference %d, kill switch %p, has a remedy that the options allow",
    async (priority, killSwitch, remedy) => {
      const [finding] = await check([{ priority, table: "254" }], MAIN, undefined, killSwitch);
      expect(finding!.remedy).toBe(remedy);
    },
  );

  test.each<[boolean, number[], string]>([
    [false, [98, 99], "set -first-rule-preference 97, or give"],
    [true, [90, 94, 99], "set -first-rule-preference 95, or give"],
    [true, [95, 91], "set -first-rule-preference 96, or give"],
    [true, [3, 7, 96, 99], "set -first-rule-preference 92, or give"],
    [true, [1, 4, 8, 12, 16], "set -first-rule-preference 96, or give"],
  ])(
    "with kill switch %p and others at %p, has a remedy with preferences that are free",
    async (killSwitch, others, remedy) => {
      const rules = others.map((priority) => ({ priority, src: "10.9.0.0", srclen: 16, table: "54" }));
      const findings = await check([...rules, { priority: 100, table: "254" }], MAIN, undefined, killSwitch);
      expect(findings.at(-1)!.remedy).toStartWith(remedy);
    },
  );

  test("with no free preference before it, is to come behind ours", async () => {
    const [finding] = await check([
      { priority: 1, src: "10.9.0.0", srclen: 16, table: "54" },
      { priority: 2, table: "254" },
    ]);
    expect(finding!.remedy).toBe("give that rule a preference above 10888");
  });

  test("that wg-quick has made, which returns right before ours, is turned off where it is made", async () => {
    const rule = { priority: 10887, not: null, fwmark: "0xca6c", table: "51820" };
    const [finding] = await check([rule], [routeTo("0.0.0.0/0", 51820)]);
    expect(finding).toMatchObject({
      level: "error",
      message:
        "10887: not from all fwmark 0xca6c lookup 51820: no packet reaches the gateways, since table 51820 has a route for each",
      remedy:
        "set Table = off in the configuration of that WireGuard interface, or give that rule a preference above 10888",
    });
  });

  test("counts only for managed destinations, such as a -route inside a reserved range", async () => {
    const ten = [routeTo("10.1.0.0/16", 52)];
    const managed = wantedRoutes({ managed: [parseCidr("10.0.0.0/8")!] });
    expect(await levels([{ priority: 100, table: "52" }], ten)).toEqual(["ok"]);
    expect(await levels([{ priority: 100, table: "52" }], ten, managed)).toEqual(["warning"]);
    expect(await levels([{ priority: 100, table: "52" }], [routeTo("10.77.0.0/25", 52)], managed)).toEqual(["ok"]);
  });

  test("is reported apart from others", async () => {
    const rules = [
      { priority: 100, table: "52" },
      { priority: 200, table: "254" },
    ];
    expect(await levels(rules, [...MAIN, routeTo("9.0.0.0/8", 52)])).toEqual(["warning", "error"]);
  });
});
