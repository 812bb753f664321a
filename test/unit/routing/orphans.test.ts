import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { killSwitchRules } from "../../../src/routing/kill-switch.ts";
import { groupOrphans, orphanText, removalOf } from "../../../src/routing/orphans.ts";
import { type ObservedRule, PROTOCOL, type Rule } from "../../../src/routing/types.ts";
import { routeTo } from "../diagnose/kernel-facts.fixture.ts";

const PLACE = { table: 180, preference: 10888 };
const EVERYTHING = parseCidr("0.0.0.0/0")!;

const marked = (...rules: Rule[]): ObservedRule[] => rules.map((rule) => ({ ...rule, protocol: PROTOCOL }));
const lookup = (preference: number, table: number): Rule => ({ kind: "lookup", family: 4, preference, table });
const guard = (base: number): Rule[] => killSwitchRules("prohibit", base, [EVERYTHING], [parseCidr("10.0.0.0/8")!], []);
const route = (table: number) => routeTo("10.0.0.0/8", table, { type: "throw", protocol: PROTOCOL, nexthops: [] });

describe("what is not this instance's", () => {
  test("is in other tables than its own and the system's, and behind other preferences", () => {
    const rules = marked(lookup(10888, 180), ...guard(10888), lookup(9000, 200), ...guard(9000), lookup(9500, 254));
    const found = groupOrphans(rules, [route(180), route(200), route(201), route(254)], [PLACE]);
    expect(found.map(orphanText)).toEqual(["the rules behind preference 9000", "table 200", "table 201"]);
    expect(found[0]!.rules).toHaveLength(4);
    expect(found[1]).toMatchObject({ rules: [{ preference: 9000 }], routes: [{ table: 200 }] });
    expect(found[2]).toMatchObject({ rules: [], routes: [{ table: 201 }] });
  });

  test("carries our mark", () => {
    const rules = [lookup(9000, 200), ...guard(9000)].map((rule): ObservedRule => ({ ...rule, protocol: 4 }));
    expect(groupOrphans(rules, [], [PLACE])).toEqual([]);
  });

  test("is found even when only a part of it is left", () => {
    const [nop] = guard(9000);
    expect(groupOrphans(marked(nop!), [], [PLACE])).toMatchObject([{ kind: "kill-switch", base: 9000, rules: [nop!] }]);
  });

  test("goes in an order that cuts nothing off: refusals, ways past them, the rule into the table, its routes", () => {
    const rules = marked(...guard(9000), lookup(9000, 200)).reverse();
    const commands = groupOrphans(rules, [route(200)], [PLACE]).flatMap((orphan) =>
      removalOf(orphan).map((change) => commandOf(change, 200).join(" ")),
    );
    expect(commands.map((command) => /prohibit|goto|nop|lookup|throw/.exec(command)![0])).toEqual([
      "prohibit",
      "prohibit",
      "goto",
      "nop",
      "lookup",
      "throw",
    ]);
  });
});
