import { describe, expect, test } from "bun:test";

import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { routeKey } from "../../../src/routing/entry.ts";
import type { RejectType } from "../../../src/routing/types.ts";
import {
  cidrs,
  commandsFor,
  desire,
  destinations,
  EVERYTHING,
  hops,
  kernelWith,
  OWN,
  planFor,
  reach,
  RULE,
  TABLE_REF,
} from "./plan.fixture.ts";

describe("a plan", () => {
  test("adds the exclusions, then the managed route, then the rule", async () => {
    expect(await commandsFor(kernelWith(), desire({ excluded: cidrs("9.0.0.0/8") }))).toEqual([
      `route add throw 10.0.0.11/32 ${OWN}`,
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route add throw 9.0.0.0/8 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
      RULE,
    ]);
  });

  test("deletes the rule, then the managed route, then the exclusions", async () => {
    const kernel = kernelWith(
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11`,
      RULE,
    );
    expect(await commandsFor(kernel, NOTHING)).toEqual([
      "rule del pref 10888 from all lookup 180 protocol 173",
      `route del unicast default ${OWN}`,
      `route del throw 10.0.0.0/24 ${OWN}`,
    ]);
  });

  test("deletes only the managed routes when no gateway is usable", async () => {
    const kernel = await reach(kernelWith(), desire());
    expect(await commandsFor(kernel, desire({}, []))).toEqual([`route del unicast default ${OWN}`]);
  });

  test("replaces the route in one command when its gateways change", async () => {
    const kernel = await reach(kernelWith(), desire());
    expect(await commandsFor(kernel, desire({}, hops("10.0.0.12")))).toEqual([
      `route replace default ${OWN} nexthop via 10.0.0.12`,
    ]);
  });

  test("keeps a route whose weights are a multiple of the wanted ones", async () => {
    const kernel = kernelWith(
      `route replace default ${OWN} nexthop via 10.0.0.11 weight 2 nexthop via 10.0.0.12 weight 2`,
    );
    expect(await commandsFor(kernel, desire())).toEqual([
      `route add throw 10.0.0.11/32 ${OWN}`,
      `route add throw 10.0.0.0/24 ${OWN}`,
      RULE,
    ]);
  });

  test("deletes a rule with another preference after it has added the new one", async () => {
    const kernel = kernelWith("rule add pref 9000 from all lookup 180 protocol 173");
    expect((await commandsFor(kernel, desire())).slice(-2)).toEqual([
      RULE,
      "rule del pref 9000 from all lookup 180 protocol 173",
    ]);
  });
});

describe("a plan with a kill switch", () => {
  const rejecting = (how: RejectType = "unreachable", nexthops = hops("10.0.0.11"), ref = TABLE_REF) =>
    desiredState(destinations(), cidrs("10.0.0.0/24"), nexthops, ref, how);
  const EXEMPTION = [
    "rule add pref 10891 from all nop protocol 173",
    "rule add pref 10889 from all to 10.0.0.0/24 goto 10891 protocol 173",
  ];
  const REJECT = [
    "rule add pref 10890 from all to 0.0.0.0/1 unreachable protocol 173",
    "rule add pref 10890 from all to 128.0.0.0/1 unreachable protocol 173",
  ];

  test("adds the exemptions, then the routes, then the look-up rule, then the rejecting rules", async () => {
    expect(await commandsFor(kernelWith(), rejecting())).toEqual([
      ...EXEMPTION,
      `route add throw 10.0.0.11/32 ${OWN}`,
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11`,
      `route add unreachable default ${OWN} metric 4294967295`,
      RULE,
      ...REJECT,
    ]);
  });

  test("deletes only the managed route when no gateway is usable: the rejecting route stays", async () => {
    const kernel = await reach(kernelWith(), rejecting());
    expect(await commandsFor(kernel, rejecting("unreachable", []))).toEqual([`route del unicast default ${OWN}`]);
  });

  test("adds rules of another reject type before it deletes the former ones", async () => {
    const kernel = await reach(kernelWith(), rejecting());
    expect(await commandsFor(kernel, rejecting("blackhole"))).toEqual([
      `route replace blackhole default ${OWN} metric 4294967295`,
      ...REJECT.map((command) => command.replace("unreachable", "blackhole")),
      ...REJECT.map((command) => command.replace("add", "del")),
    ]);
  });

  test("deletes the rejecting rules, then the look-up rule, then the routes, then the exemptions", async () => {
    const kernel = await reach(kernelWith(), rejecting());
    const commands = await commandsFor(kernel, NOTHING);
    expect(commands.map((command) => /^\S+ \S+ (pref \d+|\S+)/.exec(command)![1]!)).toEqual([
      "pref 10890",
      "pref 10890",
      "pref 10888",
      "unreachable",
      "unicast",
      "throw",
      "throw",
      "pref 10889",
      "pref 10891",
    ]);
  });

  test("deletes the rules of another preference after it has added the new ones", async () => {
    const former = rejecting("unreachable", hops("10.0.0.11"), { ...TABLE_REF, preference: 9000 });
    const commands = await commandsFor(await reach(kernelWith(), former), rejecting());
    const added = [...EXEMPTION, RULE, ...REJECT];
    expect(commands.filter((command) => command.startsWith("rule add"))).toEqual(added);
    expect(commands.filter((command) => command.startsWith("rule del"))).toHaveLength(added.length);
    expect(commands.slice(-added.length).every((command) => command.startsWith("rule del pref 900"))).toBe(true);
  });

  test("keeps the kill switch of another instance, also one at the preference of our former rule", async () => {
    const other = desiredState(destinations(), [], hops(), { table: 181, preference: 9000 }, "prohibit");
    const rules = other.rules.map((rule) => commandOf({ op: "add-rule", rule }).join(" "));
    const former = "rule add pref 9000 from all lookup 180 protocol 173";
    const kernel = await reach(kernelWith(...rules, former), rejecting());
    for (const desired of [rejecting(), NOTHING]) {
      expect((await commandsFor(kernel, desired)).join("\n")).not.toMatch(/pref 900[123]|lookup 181/);
    }
    expect(kernel.rules.filter(({ preference }) => preference >= 9000 && preference <= 9003)).toHaveLength(
      rules.length,
    );
  });

  test("rejects a managed destination whose route belongs to another program", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const plan = await planFor(kernel, rejecting());
    await kernel.apply(plan.changes);
    expect(plan.conflicts.map(({ entry }) => entry)).toEqual([EVERYTHING]);
    expect([kernel.lookup("8.8.8.8"), kernel.lookup("10.0.0.77")]).toEqual(["unreachable", "main"]);
  });
});

test("routes to one destination in two tables have places of their own", () => {
  expect(routeKey({ ...EVERYTHING, table: 181 })).not.toBe(routeKey(EVERYTHING));
});

describe("an entry of another program", () => {
  const foreign = [
    "route add 9.9.9.0/24 table 180 proto 4 nexthop via 10.0.0.12",
    "route add throw 8.0.0.0/8 table 180 proto 4",
    "rule add pref 10888 from all lookup 180 protocol 4",
    "rule add pref 10888 from all lookup 99 protocol 173",
  ];

  test("is kept by plans that add and that remove our entries", async () => {
    for (const desired of [desire(), NOTHING]) {
      const commands = (await commandsFor(kernelWith(...foreign), desired)).join("\n");
      expect(commands).not.toMatch(/del|9\.9\.9|8\.0\.0\.0|lookup 99/);
    }
  });

  test("at the key of a wanted route is a conflict, and is not changed", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const plan = await planFor(kernel, desire());
    expect(plan.conflicts.map(({ entry }) => entry)).toEqual([EVERYTHING]);
    expect(plan.changes.map((change) => commandOf(change).join(" "))).not.toContainEqual(
      expect.stringContaining("default"),
    );
  });

  test("that has overwritten our route is replaced", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    expect(await commandsFor(kernel, desire(), routeKey(EVERYTHING))).toContain(
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
    );
  });

  test("before our route at the same key is replaced after ours is deleted, as the kernel requires", async () => {
    const kernel = await reach(kernelWith(), desire());
    const other = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    kernel.routes = [...other.routes, ...kernel.routes];
    expect(await commandsFor(kernel, desire(), routeKey(EVERYTHING))).toEqual([
      `route del unicast default ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
    ]);
  });
});
