import { describe, expect, test } from "bun:test";

import { checkFollowingRules, checkMainRoutes } from "../../../src/diagnose/overruled.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { attractedBy, attractedByTable, followingRules } from "../../../src/routing/diversions.ts";
import type { RuleJson } from "../../../src/routing/policy-rule.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import { OWN_RULE, routeTo, rulesWith, TABLE_REF, textsOf, wantedRoutes } from "./kernel-facts.fixture.ts";

const visit =
  (routes: readonly ObservedRoute[]) =>
  async (table: number, each: (route: ObservedRoute) => void): Promise<void> => {
    routes.filter((route) => route.table === table).forEach(each);
  };

describe("a rule of another program behind ours", () => {
  const check = async (rule: Partial<RuleJson>, ...routes: ObservedRoute[]): Promise<string[]> => {
    const rules = followingRules(rulesWith(OWN_RULE, { priority: 20000, ...rule }), TABLE_REF);
    return textsOf(checkFollowingRules(await attractedBy(rules, wantedRoutes(), TABLE_REF, visit(routes)), TABLE_REF));
  };

  test("is a warning when it no longer decides about packets", async () => {
    expect(await check({ src: "10.66.0.2", table: "200" }, routeTo("0.0.0.0/0", 200))).toEqual([
      "warning following rules: 20000: from 10.66.0.2 lookup 200: it comes after ours, so packets that it selects to any address use the gateways instead",
    ]);
    expect(await check({ table: "200" }, routeTo("44.0.0.0/8", 200))).toEqual([
      "warning following rules: 20000: from all lookup 200: it comes after ours, so packets to 44.0.0.0/8 use the gateways instead",
    ]);
    expect(await check({ action: "7", dst: "8.8.8.8" })).toHaveLength(1);
  });

  test("is ok when its table has no route to a managed destination", async () => {
    for (const routes of [[], [routeTo("10.0.0.0/8", 200)]]) {
      expect(await check({ table: "200" }, ...routes)).toEqual([
        "ok following rules: no rule of another program comes after ours in vain",
      ]);
    }
  });
});

describe("routes of the main table", () => {
  const check = async (...routes: ObservedRoute[]) =>
    checkMainRoutes(await attractedByTable(254, 0, wantedRoutes(), visit(routes)), TABLE_REF);
  const main = (destination: string, type = "unicast") => routeTo(destination, 254, { type });

  test("are ok when they are the default route, private, connected or in another table", async () => {
    const routes = [main("0.0.0.0/0"), main("10.0.0.0/8"), main("10.77.0.0/24"), routeTo("44.0.0.0/8", 7)];
    expect(textsOf(await check(...routes))).toEqual([
      "ok main routes: no route of the main table but its default route is for a managed destination",
    ]);
  });

  test("that no longer count are a warning with the exclusions that bring them back", async () => {
    const found = await check(
      main("0.0.0.0/0"),
      main("203.0.114.5/32"),
      main("44.0.0.0/8"),
      main("9.9.9.0/24", "throw"),
    );
    expect(found).toEqual([
      {
        level: "warning",
        topic: "main routes",
        message:
          "packets to 203.0.114.5/32, 44.0.0.0/8 use the gateways instead of the 2 routes that the main table has there",
        remedy: "to use these routes: -exclude-cidr 203.0.114.5/32 -exclude-cidr 44.0.0.0/8",
      },
    ]);
  });

  test("that are many are brought back by a rule", async () => {
    const many = Array.from({ length: 500 }, (_, index) => main(`20.${index >> 8}.${index & 255}.0/24`));
    const [finding] = await check(...many);
    expect(finding!.message).toStartWith(
      "packets to 20.0.0.0/24, 20.0.1.0/24, 20.0.2.0/24, ... use the gateways instead of the 500 routes",
    );
    expect(finding!.remedy).toEndWith("ip rule add pref 10887 from all lookup main suppress_prefixlength 0");
  });

  test("that are more specific than an exclusion are not managed", async () => {
    const excluded = wantedRoutes({ excluded: [parseCidr("44.0.0.0/8")!] });
    const attracted = await attractedByTable(254, 0, excluded, visit([main("44.1.0.0/16")]));
    expect(textsOf(checkMainRoutes(attracted, TABLE_REF))[0]).toStartWith("ok");
  });
});
