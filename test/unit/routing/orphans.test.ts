import { describe, expect, test } from "bun:test";

import { commandOf, commandText } from "../../../src/routing/iproute2/batch.ts";
import { killSwitchRules } from "../../../src/routing/kill-switch.ts";
import { groupIdOf } from "../../../src/routing/nexthop-ids.ts";
import { groupOrphans, orphanText, removalOf } from "../../../src/routing/orphans.ts";
import { type ObservedRule, type PoolPlaces, PROTOCOL, type Rule } from "../../../src/routing/types.ts";
import { routeTo } from "../diagnose/kernel-facts.fixture.ts";
import { cidrs, TABLE_REF } from "./plan.fixture.ts";

const marked = (...rules: Rule[]): ObservedRule[] => rules.map((rule) => ({ ...rule, protocol: PROTOCOL }));
const lookup = (preference: number, table: number): Rule => ({ kind: "lookup", family: 4, preference, table });
const killSwitch = (base: number): Rule[] =>
  killSwitchRules("prohibit", base, cidrs("0.0.0.0/0"), cidrs("10.0.0.0/8"), []);
const route = (table: number) => routeTo("10.0.0.0/8", table, { type: "throw", protocol: PROTOCOL, nexthops: [] });

describe("orphans", () => {
  test("are the marked entries of tables and preferences that are neither this instance's nor the system's", () => {
    const rules = marked(
      lookup(10888, 180),
      ...killSwitch(10888),
      lookup(9000, 200),
      ...killSwitch(9000),
      lookup(9500, 254),
    );
    const found = groupOrphans(rules, [route(180), route(200), route(201), route(254)], [{ tableRef: TABLE_REF }]);
    expect(found.map(orphanText)).toEqual(["the rules behind preference 9000", "table 200", "table 201"]);
    expect(found[0]!.rules).toHaveLength(4);
    expect(found[1]).toMatchObject({ rules: [{ preference: 9000 }], routes: [{ table: 200 }] });
    expect(found[2]).toMatchObject({ rules: [], routes: [{ table: 201 }] });
  });

  test("do not include entries without our protocol number", () => {
    const rules = [lookup(9000, 200), ...killSwitch(9000)].map((rule): ObservedRule => ({ ...rule, protocol: 4 }));
    expect(groupOrphans(rules, [], [{ tableRef: TABLE_REF }])).toEqual([]);
  });

  test("include a kill switch of which one rule is left", () => {
    const [nop] = killSwitch(9000);
    expect(groupOrphans(marked(nop!), [], [{ tableRef: TABLE_REF }])).toMatchObject([
      { kind: "kill-switch", base: 9000, rules: [nop!] },
    ]);
  });

  test("include nexthop objects, also where nothing else is left, which go after the routes, groups first", () => {
    const id = groupIdOf(200);
    const slot = { kind: "slot", id: id + 1, gateway: "fd00::1" } as const;
    const group = { kind: "group", id, members: [slot.id] } as const;
    const own = [{ tableRef: TABLE_REF }];
    const [found] = groupOrphans([], [], own, [slot, group]);
    expect(found).toEqual({ kind: "table", table: 200, rules: [], routes: [], nexthops: [slot, group] });
    const commands = removalOf(groupOrphans([], [route(200)], own, [slot, group])[0]!).map(commandText);
    expect(commands.slice(1)).toEqual([`ip nexthop del id ${id}`, `ip nexthop del id ${id + 1}`]);
    expect(groupOrphans([], [], [{ tableRef: { ...TABLE_REF, table: 200 } }], [slot, group])).toEqual([]);
  });

  test("include what is of IPv6 in the places of a pool that routes IPv4 alone, and the other way round", () => {
    const both = (rule: Rule): ObservedRule[] => marked(...([4, 6] as const).map((family) => ({ ...rule, family })));
    const rules = [lookup(10888, 180), killSwitch(10888)[0]!].flatMap(both);
    const routes = ([4, 6] as const).map((family) => ({ ...route(180), family }));
    const id = groupIdOf(180);
    const group = { kind: "group", id, members: [id + 1] } as const;
    const leftBy = (...own: PoolPlaces[]): unknown[] =>
      groupOrphans(rules, routes, own, [group]).flatMap((one) => [
        ...[...one.rules, ...("routes" in one ? one.routes : [])].map(({ family }) => family),
        ...("nexthops" in one ? one.nexthops!.map(() => "group") : []),
      ]);
    const [inIpv4, inIpv6] = ([4, 6] as const).map((family): PoolPlaces => ({ family, tableRef: TABLE_REF }));
    expect(leftBy(inIpv4!)).toEqual([6, 6, 6, "group"]);
    expect(leftBy(inIpv6!)).toEqual([4, 4, 4]);
    expect(leftBy(inIpv4!, inIpv6!)).toEqual([]);
  });

  test("are removed in a safe order: rejecting rules, exemptions, the look-up rule, its routes", () => {
    const rules = marked(...killSwitch(9000), lookup(9000, 200)).reverse();
    const commands = groupOrphans(rules, [route(200)], [{ tableRef: TABLE_REF }]).flatMap((orphan) =>
      removalOf(orphan).map((change) => commandOf(change).join(" ")),
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
