import { describe, expect, test } from "bun:test";

import { formatCidr, parseCidr, subtract } from "../../../src/net/cidr.ts";
import { type RuleDiversion, followingRules, precedingRules, readDiversions } from "../../../src/routing/diversions.ts";
import type { RuleJson } from "../../../src/routing/policy-rule.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import { MAIN_TABLE } from "../../../src/routing/tables.ts";
import { OWN_RULE, routeTo, rulesWith, TABLE_REF, wantedRoutes } from "../diagnose/kernel-facts.fixture.ts";

const MAIN = [routeTo("0.0.0.0/0", 254), routeTo("10.77.0.0/24", 254)];

async function diversions(
  rules: readonly Partial<RuleJson>[],
  routes: readonly ObservedRoute[] = MAIN,
): Promise<readonly RuleDiversion[]> {
  const wanted = wantedRoutes();
  return readDiversions(
    precedingRules(rulesWith(...rules, OWN_RULE), TABLE_REF),
    wanted,
    TABLE_REF,
    async (table, visit) => {
      routes.filter((route) => (route.table ?? MAIN_TABLE) === table).forEach(visit);
    },
  );
}

async function extents(...given: Parameters<typeof diversions>): Promise<string[]> {
  return (await diversions(...given)).map(({ extent }) => extent);
}

describe("a rule of another program before ours diverts", () => {
  const VPN = [routeTo("0.0.0.0/0", 51820)];

  test.each<[string, Partial<RuleJson>, ObservedRoute[]]>([
    ["a route for everything", { table: "254" }, MAIN],
    ["two routes that are everything together", { table: "7" }, [routeTo("0.0.0.0/1", 7), routeTo("128.0.0.0/1", 7)]],
    [
      "routes for everything but private networks (AllowedIPs of a VPN)",
      { table: "7" },
      subtract(parseCidr("0.0.0.0/0")!, [parseCidr("10.0.0.0/8")!]).map((one) => routeTo(formatCidr(one), 7)),
    ],
    [
      "a table for all packets without the mark of a VPN (wg-quick)",
      { not: null, fwmark: "0xca6c", table: "51820" },
      VPN,
    ],
    ["a table for all packets with the mark 0", { fwmark: "0", fwmask: "0xff", table: "51820" }, VPN],
    ["no table, since it rejects", { action: "7" }, []],
    ["no table, since it jumps over ours", { goto: 32766 }, []],
  ])("all packets with %s", async (_, rule, routes) => {
    expect(await extents([{ priority: 100, ...rule }], routes)).toEqual(["all"]);
  });

  test("all packets although it ignores default routes, when two halves stand in for one (OpenVPN)", async () => {
    const halves = [...MAIN, routeTo("0.0.0.0/1", 254), routeTo("128.0.0.0/1", 254)];
    expect(await extents([{ priority: 100, table: "254", suppress_prefixlen: 0 }], halves)).toEqual(["all"]);
  });

  test.each<[string, Partial<RuleJson>]>([
    ["a source", { src: "10.66.0.2" }],
    ["a mark that leads into another table (mwan3)", { fwmark: "0x100", fwmask: "0x3f00" }],
    ["all sources but one", { not: null, src: "10.66.0.2" }],
    ["an interface, not with a mark", { not: null, fwmark: "0x1", iif: "lan0" }],
    ["a user", { uid_start: 1000, uid_end: 1000 }],
  ])("some packets by %s", async (_, selector) => {
    expect(await extents([{ priority: 100, table: "51820", ...selector }], VPN)).toEqual(["some"]);
  });

  test("nothing when a rule before it has decided about all its packets", async () => {
    const exitNode = [
      { priority: 5210, fwmark: "0x80000", fwmask: "0xff0000", table: "254" },
      { priority: 5250, fwmark: "0x80000", fwmask: "0xff0000", action: "7" },
    ];
    expect(await extents(exitNode)).toEqual(["bypass"]);
    const twice = [100, 200].map((priority) => ({ priority, table: "254" }));
    const found = await diversions([...twice, { priority: 300, src: "10.66.0.2", table: "254" }]);
    expect(found.map(({ rule }) => rule.preference)).toEqual([100]);
  });

  test("all packets by large networks behind many small ones", async () => {
    const small = Array.from({ length: 100 }, (_, index) => routeTo(`20.0.${index}.0/24`, 52));
    const large = Array.from({ length: 48 }, (_, index) => routeTo(`${index * 4}.0.0.0/6`, 52));
    const rest = routeTo("192.0.0.0/2", 52);
    expect(await extents([{ priority: 5270, table: "52" }], [...small, ...large, rest])).toEqual(["all"]);
  });

  test("all packets with a default route that rejects them, although it ignores default routes", async () => {
    const rejecting = [routeTo("0.0.0.0/0", 52, { type: "unreachable", nexthops: [] })];
    expect(await extents([{ priority: 100, table: "52", suppress_prefixlen: 0 }], rejecting)).toEqual(["all"]);
  });

  test("some packets by the routes of its table, of which the first are named", async () => {
    const many = Array.from({ length: 300 }, (_, index) => routeTo(`20.${index >> 8}.${index & 255}.0/24`, 52));
    const [diversion] = await diversions([{ priority: 5270, table: "52" }], many);
    expect(diversion).toMatchObject({ extent: "some", everything: false, more: 200 });
    expect(diversion!.networks.slice(0, 2).map(formatCidr)).toEqual(["20.0.0.0/24", "20.0.1.0/24"]);
  });

  test.each<[string, Partial<RuleJson>, ObservedRoute[]]>([
    ["a mark", { fwmark: "0x1", table: "254" }, MAIN],
    [
      "a route of their own in the main table",
      { table: "254", suppress_prefixlen: 0 },
      [...MAIN, routeTo("44.0.0.0/8", 254)],
    ],
  ])("packets to the main table on purpose that have %s", async (_, rule, routes) => {
    expect(await extents([{ priority: 100, ...rule }], routes)).toEqual(["bypass"]);
  });

  test.each<[string, Partial<RuleJson>, ObservedRoute[]]>([
    ["a table without routes", { table: "52" }, []],
    ["a table of private networks", { table: "52" }, [routeTo("100.64.0.0/10", 52), routeTo("10.1.0.0/16", 52)]],
    ["the main table without its default route", { table: "254", suppress_prefixlen: 0 }, MAIN],
    ["a table that throws everything", { table: "52" }, [routeTo("0.0.0.0/0", 52, { type: "throw" })]],
    ["nothing", { nop: null }, MAIN],
    ["a rule that is still before ours", { goto: 200 }, MAIN],
    ["a rule that does not exist, which the kernel ignores", { goto: 20000, unresolved: null }, MAIN],
    ["our own rule", { goto: TABLE_REF.preference }, MAIN],
  ])("no packet that leads to %s", async (_, rule, routes) => {
    expect(await extents([{ priority: 100, ...rule }], routes)).toEqual([]);
  });
});

describe("rules of other programs", () => {
  const others = [
    { priority: 100, table: "52" },
    { priority: 10888, src: "10.1.0.0", srclen: 16, table: "7" },
  ];
  const following = [
    { priority: 20000, table: "53" },
    { priority: 20001, table: "254" }, // like the kernel's own
  ];
  const numbers = (rules: readonly { readonly preference: number }[]): number[] => rules.map((one) => one.preference);

  test("precede or follow ours by their place, even with one preference", () => {
    const rules = rulesWith(...others, OWN_RULE, ...following);
    expect([precedingRules(rules, TABLE_REF), followingRules(rules, TABLE_REF)].map(numbers)).toEqual([
      [100, 10888],
      [20000],
    ]);
    expect(numbers(followingRules(rulesWith(OWN_RULE, others[1]!), TABLE_REF))).toEqual([10888]);
  });

  test("precede where ours would be the newest of its preference", () => {
    const rules = rulesWith(...others, ...following);
    expect([precedingRules(rules, TABLE_REF), followingRules(rules, TABLE_REF)].map(numbers)).toEqual([
      [100, 10888],
      [20000],
    ]);
  });
});
