import { describe, expect, test } from "bun:test";

import { checkPrecedingRules } from "../../../src/diagnose/preceding-rules.ts";
import type { TableFacts } from "../../../src/diagnose/table-use.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { RuleJson } from "../../../src/routing/iproute2/policy-rules.ts";
import type { TableRoute } from "../../../src/routing/rule-lookup.ts";
import { OWN_RULE, TABLE_REF, routeTo, rulesWith, wantedRoutes } from "./kernel-facts.fixture.ts";

const MAIN = [routeTo("0.0.0.0/0", 254), routeTo("10.77.0.0/24", 254), routeTo("10.88.0.0/24", 254)];

function check(
  rules: Partial<RuleJson>[],
  routes: readonly TableRoute[] = MAIN,
  wanted: TableFacts["wanted"] = wantedRoutes(),
) {
  const facts = {
    tableRef: TABLE_REF,
    killSwitch: false,
    managedTables: new Set<number>(),
    rules: rulesWith(...rules),
    routes,
    wanted,
  };
  return checkPrecedingRules(facts);
}

const levels = (...parameters: Parameters<typeof check>): string[] => check(...parameters).map(({ level }) => level);

describe("a rule of another program before ours", () => {
  test("is none of the kernel's own and none of ours", () => {
    expect(check([OWN_RULE, { priority: 20000, table: "254" }])).toEqual([
      { level: "ok", topic: "preceding rules", message: "no rule of another program comes before ours" },
    ]);
  });

  test("keeps all packets from the gateways when its table has a default route", () => {
    const [finding] = check([{ priority: 100, table: "254" }]);
    expect(finding).toEqual({
      level: "error",
      topic: "preceding rules",
      message: "100: from all lookup main: no packet reaches the gateways, since table main has a route for each",
      remedy: "set -first-rule-preference below 100, or give that rule a preference above 10888",
    });
  });

  test.each<[string, Partial<RuleJson>, TableRoute[]]>([
    ["a table with only private networks", { table: "52" }, [routeTo("100.64.0.0/10", 52), routeTo("10.1.0.0/16", 52)]],
    ["an empty table", { table: "52" }, []],
    ["the main table without its default route", { table: "254", suppress_prefixlen: 0 }, MAIN],
    ["a table that throws everything back", { table: "52" }, [routeTo("0.0.0.0/0", 52, { type: "throw" })]],
    ["a rule that does nothing", { nop: null }, MAIN],
    ["a jump to a rule that is still before ours", { goto: 200 }, MAIN],
  ])("is ok when it leads to %s", (_, rule, routes) => {
    expect(levels([{ priority: 100, ...rule }], routes)).toEqual(["ok"]);
  });

  test.each<[string, Partial<RuleJson>]>([
    ["rejects as unreachable", { action: "7" }],
    ["rejects as blackhole, as older releases of ip name it", { action: "blackhole" }],
    ["jumps over ours", { goto: 32766 }],
  ])("keeps all packets from the gateways when it %s", (_, rule) => {
    expect(levels([{ priority: 100, ...rule }])).toEqual(["error"]);
  });

  test("is a warning when it matches some packets: by its routes, or by its selector", () => {
    const part = check([{ priority: 100, table: "52" }], [routeTo("8.8.8.0/24", 52)]);
    expect(part[0]).toMatchObject({
      level: "warning",
      message:
        "100: from all lookup 52: no packet to 8.8.8.0/24 reaches the gateways, since table 52 has a route there",
    });
    const picked = check([{ priority: 100, fwmark: "0x1", table: "254" }]);
    expect(picked[0]).toMatchObject({
      level: "warning",
      message:
        "100: from all fwmark 0x1 lookup main: no packet that it selects to any address reaches the gateways, since table main has a route there",
    });
  });

  test("counts only for managed destinations, such as a -route inside a reserved range", () => {
    const ten = [routeTo("10.1.0.0/16", 52)];
    const managed = wantedRoutes({ managed: [parseCidr("10.0.0.0/8")!] });
    expect(levels([{ priority: 100, table: "52" }], ten)).toEqual(["ok"]);
    expect(levels([{ priority: 100, table: "52" }], ten, managed)).toEqual(["warning"]);
    expect(levels([{ priority: 100, table: "52" }], [routeTo("10.77.0.0/25", 52)], managed)).toEqual(["ok"]);
  });

  test("is reported apart from others", () => {
    const rules = [
      { priority: 100, table: "52" },
      { priority: 200, table: "254" },
    ];
    expect(levels(rules, [...MAIN, routeTo("9.0.0.0/8", 52)])).toEqual(["warning", "error"]);
  });
});
