import { describe, expect, test } from "bun:test";

import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { routeKey } from "../../../src/routing/entry.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import { type Desired } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import {
  EVERYTHING,
  PLACE,
  NOBODY,
  cidrs,
  hops,
  destinations,
  desire,
  planned,
  kernelWith,
  OWN,
  RULE,
} from "./plan.fixture.ts";

describe("planning", () => {
  test("sets up exclusions, then the managed route, then the rule", async () => {
    expect(await planned(kernelWith(), desire({ excluded: cidrs("9.0.0.0/8") }))).toEqual([
      `route add throw 10.0.0.11/32 ${OWN}`,
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route add throw 9.0.0.0/8 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
      RULE,
    ]);
  });

  test("takes down in the other order: the rule first, exclusions last", async () => {
    const kernel = kernelWith(
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11`,
      RULE,
    );
    expect(await planned(kernel, NOTHING)).toEqual([
      "rule del pref 10888 from all lookup 180 protocol 173",
      `route del unicast default ${OWN}`,
      `route del throw 10.0.0.0/24 ${OWN}`,
    ]);
  });

  test("without a usable gateway only the managed routes go", async () => {
    const kernel = kernelWith();
    await kernel.apply(
      planChanges(await kernel.observe(PLACE.table, []), desire(), PLACE, NOBODY).changes,
      PLACE.table,
    );
    expect(await planned(kernel, desire({}, []))).toEqual([`route del unicast default ${OWN}`]);
  });

  test("a change of members is one atomic replace", async () => {
    const kernel = kernelWith();
    await kernel.apply(
      planChanges(await kernel.observe(PLACE.table, []), desire(), PLACE, NOBODY).changes,
      PLACE.table,
    );
    expect(await planned(kernel, desire({}, hops("10.0.0.12")))).toEqual([
      `route replace default ${OWN} nexthop via 10.0.0.12`,
    ]);
  });

  test("equal shares in another notation are no change", async () => {
    const kernel = kernelWith(
      `route replace default ${OWN} nexthop via 10.0.0.11 weight 2 nexthop via 10.0.0.12 weight 2`,
    );
    expect(await planned(kernel, desire())).not.toContainEqual(expect.stringContaining("default"));
  });

  test("an old rule goes only when the new one stands", async () => {
    const kernel = kernelWith("rule add pref 9000 from all lookup 180 protocol 173");
    expect((await planned(kernel, desire())).slice(-2)).toEqual([
      RULE,
      "rule del pref 9000 from all lookup 180 protocol 173",
    ]);
  });
});

describe("planning what is refused", () => {
  const closed = (how: "unreachable" | "blackhole" = "unreachable", nexthops = hops("10.0.0.11")): Desired =>
    desiredState(destinations(), cidrs("10.0.0.0/24"), nexthops, PLACE, how);
  const GUARD = [
    "rule add pref 10891 from all nop protocol 173",
    "rule add pref 10889 from all to 10.0.0.0/24 goto 10891 protocol 173",
    "rule add pref 10890 from all to 0.0.0.0/1 unreachable protocol 173",
    "rule add pref 10890 from all to 128.0.0.0/1 unreachable protocol 173",
  ];
  const settled = async (desired: Desired, ...more: string[]): Promise<FakeKernel> => {
    const kernel = kernelWith(...more);
    await kernel.apply(planChanges(await kernel.observe(PLACE.table, []), desired, PLACE, NOBODY).changes, PLACE.table);
    return kernel;
  };

  test("the way past first, then the table, the rule into it, and what refuses at last", async () => {
    expect(await planned(kernelWith(), closed())).toEqual([
      ...GUARD.slice(0, 2),
      `route add throw 10.0.0.11/32 ${OWN}`,
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11`,
      `route add unreachable default ${OWN} metric 4294967295`,
      RULE,
      ...GUARD.slice(2),
    ]);
  });

  test("without a usable gateway only the managed route goes: the other one takes over", async () => {
    const kernel = await settled(closed());
    expect(await planned(kernel, closed("unreachable", []))).toEqual([`route del unicast default ${OWN}`]);
  });

  test("another way to refuse stands before the former one goes", async () => {
    const kernel = await settled(closed());
    expect(await planned(kernel, closed("blackhole"))).toEqual([
      `route replace blackhole default ${OWN} metric 4294967295`,
      ...GUARD.slice(2).map((command) => command.replace("unreachable", "blackhole")),
      ...GUARD.slice(2).map((command) => command.replace("add", "del")),
    ]);
  });

  test("taken down, what refuses goes first, then the rule and the table, and the way past at last", async () => {
    const kernel = await settled(closed());
    const commands = await planned(kernel, NOTHING);
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

  test("behind another preference goes once the new one stands", async () => {
    const before = { table: PLACE.table, preference: 9000 };
    const earlier = desiredState(destinations(), cidrs("10.0.0.0/24"), hops("10.0.0.11"), before, "unreachable");
    const kernel = await settled(earlier);
    const commands = await planned(kernel, closed());
    expect(commands.filter((command) => command.startsWith("rule add"))).toEqual([
      ...GUARD.slice(0, 2),
      RULE,
      ...GUARD.slice(2),
    ]);
    expect(commands.filter((command) => command.startsWith("rule del"))).toHaveLength(GUARD.length + 1);
    expect(commands.slice(-GUARD.length - 1).every((command) => command.startsWith("rule del pref 900"))).toBe(true);
  });

  test("of another instance is left alone, also where it has the preference of our former rule", async () => {
    const other = desiredState(destinations(), [], hops(), { table: 181, preference: 9000 }, "prohibit");
    const rules = other.rules.map((rule) => commandOf({ op: "add-rule", rule }, 181).join(" "));
    const kernel = await settled(closed(), ...rules, "rule add pref 9000 from all lookup 180 protocol 173");
    for (const desired of [closed(), NOTHING]) {
      expect((await planned(kernel, desired)).join("\n")).not.toMatch(/pref 900[123]|lookup 181/);
    }
    expect(kernel.rules.filter(({ preference }) => preference >= 9000 && preference <= 9003)).toHaveLength(
      rules.length,
    );
  });

  test("goes on being refused where somebody else's route stands in the place of a managed one", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const plan = planChanges(await kernel.observe(PLACE.table, []), closed(), PLACE, NOBODY);
    await kernel.apply(plan.changes, PLACE.table);
    expect(plan.conflicts.map(({ entry }) => entry)).toEqual([EVERYTHING]);
    expect([kernel.lookup("8.8.8.8"), kernel.lookup("10.0.0.77")]).toEqual(["unreachable", "main"]);
  });
});

describe("what belongs to others", () => {
  const foreign = [
    "route add 9.9.9.0/24 table 180 proto 4 nexthop via 10.0.0.12",
    "route add throw 8.0.0.0/8 table 180 proto 4",
    "rule add pref 10888 from all lookup 180 protocol 4",
    "rule add pref 10888 from all lookup 99 protocol 173",
  ];

  test("is left alone by set-up and by removal", async () => {
    for (const desired of [desire(), NOTHING]) {
      const commands = (await planned(kernelWith(...foreign), desired)).join("\n");
      expect(commands).not.toMatch(/del|9\.9\.9|8\.0\.0\.0|lookup 99/);
    }
  });

  test("at a key that we want is a conflict, and nothing is done there", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const plan = planChanges(await kernel.observe(PLACE.table, []), desire(), PLACE, NOBODY);
    expect(plan.conflicts.map(({ entry }) => entry)).toEqual([EVERYTHING]);
    expect(plan.changes.map((change) => commandOf(change, 180).join(" "))).not.toContainEqual(
      expect.stringContaining("default"),
    );
  });

  test("is put back as ours where ours was overwritten", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    expect(await planned(kernel, desire(), new Set([routeKey(EVERYTHING)]))).toContain(
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
    );
  });

  test("in front of our route is overwritten once ours is out of the way, which the kernel asks for", async () => {
    const kernel = kernelWith();
    await kernel.apply(
      planChanges(await kernel.observe(PLACE.table, []), desire(), PLACE, NOBODY).changes,
      PLACE.table,
    );
    const other = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    kernel.routes = [...other.routes, ...kernel.routes];
    expect(await planned(kernel, desire(), new Set([routeKey(EVERYTHING)]))).toEqual([
      `route del unicast default ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
    ]);
  });
});
