import { describe, expect, test } from "bun:test";

import { judgeEarlier } from "../../../src/diagnose/preceding-rules.ts";
import type { PlaceFacts } from "../../../src/diagnose/place.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { RuleJson } from "../../../src/routing/iproute2/policy-rules.ts";
import type { TableRoute } from "../../../src/routing/rule-lookup.ts";
import { OWN_RULE, PLACE, routeTo, rulesWith, wantedRoutes } from "./kernel-facts.fixture.ts";

const MAIN = [routeTo("0.0.0.0/0", 254), routeTo("10.77.0.0/24", 254), routeTo("10.88.0.0/24", 254)];

function judge(
  rules: Partial<RuleJson>[],
  routes: readonly TableRoute[] = MAIN,
  wanted: PlaceFacts["wanted"] = wantedRoutes(),
) {
  const facts = {
    place: PLACE,
    guarded: false,
    managedTables: new Set<number>(),
    rules: rulesWith(...rules),
    routes,
    wanted,
  };
  return judgeEarlier(facts);
}

const levels = (...parameters: Parameters<typeof judge>): string[] => judge(...parameters).map(({ level }) => level);

describe("a rule that is asked before ours", () => {
  test("there is none: the kernel's own and ours do not count", () => {
    expect(judge([OWN_RULE, { priority: 20000, table: "254" }])).toEqual([
      { level: "ok", topic: "earlier rules", message: "nobody's rule is asked before ours" },
    ]);
  });

  test("takes everything when its table has a default route", () => {
    const [finding] = judge([{ priority: 100, table: "254" }]);
    expect(finding).toEqual({
      level: "error",
      topic: "earlier rules",
      message: "100: from all lookup main: no packet gets to the gateways, since table main has a way there",
      remedy: "give -first-rule-preference a value below 100, or that rule one above 10888",
    });
  });

  test.each<[string, Partial<RuleJson>, TableRoute[]]>([
    ["a table with only private networks", { table: "52" }, [routeTo("100.64.0.0/10", 52), routeTo("10.1.0.0/16", 52)]],
    ["an empty table", { table: "52" }, []],
    ["the main table without its default route", { table: "254", suppress_prefixlen: 0 }, MAIN],
    ["a table that throws everything back", { table: "52" }, [routeTo("0.0.0.0/0", 52, { type: "throw" })]],
    ["a rule that does nothing", { nop: null }, MAIN],
    ["a jump to a rule that is still before ours", { goto: 200 }, MAIN],
  ])("does no harm when it leads to %s", (_, rule, routes) => {
    expect(levels([{ priority: 100, ...rule }], routes)).toEqual(["ok"]);
  });

  test.each<[string, Partial<RuleJson>]>([
    ["ends in unreachable", { action: "7" }],
    ["ends in blackhole, as older releases of ip name it", { action: "blackhole" }],
    ["jumps over ours", { goto: 32766 }],
  ])("takes everything when it %s", (_, rule) => {
    expect(levels([{ priority: 100, ...rule }])).toEqual(["error"]);
  });

  test("takes a part: a public network, or what a selector picks", () => {
    const part = judge([{ priority: 100, table: "52" }], [routeTo("8.8.8.0/24", 52)]);
    expect(part[0]).toMatchObject({
      level: "warning",
      message:
        "100: from all lookup 52: packets to 8.8.8.0/24 do not get to the gateways, since table 52 has a way there",
    });
    const picked = judge([{ priority: 100, fwmark: "0x1", table: "254" }]);
    expect(picked[0]).toMatchObject({
      level: "warning",
      message:
        "100: from all fwmark 0x1 lookup main: packets that it selects to anywhere do not get to the gateways, since table main has a way there",
    });
  });

  test("matters only for what is managed: a private -route inside a reserved range is", () => {
    const ten = [routeTo("10.1.0.0/16", 52)];
    const managed = wantedRoutes({ managed: [parseCidr("10.0.0.0/8")!] });
    expect(levels([{ priority: 100, table: "52" }], ten)).toEqual(["ok"]);
    expect(levels([{ priority: 100, table: "52" }], ten, managed)).toEqual(["warning"]);
    expect(levels([{ priority: 100, table: "52" }], [routeTo("10.77.0.0/25", 52)], managed)).toEqual(["ok"]);
  });

  test("each is told apart", () => {
    const rules = [
      { priority: 100, table: "52" },
      { priority: 200, table: "254" },
    ];
    expect(levels(rules, [...MAIN, routeTo("9.0.0.0/8", 52)])).toEqual(["warning", "error"]);
  });
});
