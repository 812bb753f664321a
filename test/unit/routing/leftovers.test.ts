import { describe, expect, test } from "bun:test";

import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { findLeftovers, rulesOf, withoutLeftovers } from "../../../src/routing/leftovers.ts";
import { leftoversRemoval, leftoversText } from "../../../src/routing/leftovers-text.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import type { Desired } from "../../../src/routing/types.ts";
import type { FakeKernel } from "../../fakes/kernel.ts";
import { earlierEntries, earlierRoutes, earlierRules } from "../../fixtures/earlier-program.ts";
import { RESERVED_CIDRS } from "../../../src/net/reserved.ts";
import { cidrs, hops, kernelWith, TABLE_REF } from "./plan.fixture.ts";

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];
const RUN = { gateways: GATEWAYS };
const PLACE = { ...TABLE_REF, gateways: GATEWAYS, managed: cidrs("0.0.0.0/0") };

const observe = (kernel: FakeKernel) => kernel.observe(TABLE_REF.table, GATEWAYS);
const find = async (kernel: FakeKernel, place = PLACE) =>
  findLeftovers(await observe(kernel), place, kernel.visitRoutes);

/** How much is found: `16 rules and 1 route`. */
async function foundIn(...commands: string[]): Promise<string> {
  const found = await find(kernelWith(...commands));
  return found === undefined ? "nothing" : leftoversText(found);
}

describe("what the earlier program has left is found", () => {
  test("after a kill: 16 rules from 10888 to 10903, and its route", async () => {
    const found = (await find(kernelWith(...earlierEntries(RUN))))!;
    expect(leftoversText(found)).toBe("16 rules and 1 route");
    const preferences = rulesOf(found.rules).map(({ preference }) => preference);
    expect(preferences).toEqual([10_902, ...Array.from({ length: 14 }, (_, index) => 10_888 + index), 10_903]);
  });

  test.each([
    ["with exclusions of the user", { ...RUN, excluded: ["1.2.3.4/32", "5.6.7.0/24"] }, "4 rules and 1 route"],
    ["without any exclusion", { ...RUN, excluded: [] }, "2 rules and 1 route"],
    ["without a healthy gateway", { gateways: [] }, "16 rules"],
    ["with one healthy gateway", { gateways: ["10.0.0.12"] }, "16 rules and 1 route"],
    ["with gateways of another range", { gateways: ["10.0.0.99"] }, "16 rules and 1 route"],
    ["with another preference", { ...RUN, preference: 20_000 }, "16 rules and 1 route"],
  ])("of a run %s", async (_, run, found) => {
    expect(await foundIn(...earlierEntries(run))).toBe(found);
  });

  test("of a run that was killed while it added its rules", async () => {
    expect(await foundIn(...earlierRules(RUN).slice(0, 6))).toBe("6 rules");
  });

  test("of a run that was killed while it removed its rules", async () => {
    const [leave, ...exclude] = earlierRules(RUN).slice(0, -1);
    expect(await foundIn(leave!, ...exclude.slice(9), ...earlierRoutes(RUN))).toBe("6 rules and 1 route");
  });

  test("of a run with many exclusions, behind one with few", async () => {
    const few = earlierRules({ excluded: ["1.2.3.4/32"] });
    const many = earlierRules(RUN).filter((command) => !/pref 108(88|89|90) /.test(command));
    expect(await foundIn(...few, ...many, ...earlierRoutes(RUN))).toBe("16 rules and 1 route");
  });

  test("after a stop that removed its rules alone: a route that says what ours would", async () => {
    expect(await foundIn(...earlierRoutes(RUN))).toBe("1 route");
  });

  test("in other destinations than the default one, where these are managed", async () => {
    const kernel = kernelWith(...earlierEntries({ ...RUN, routes: ["1.0.0.0/8", "2.0.0.0/8", "default"] }));
    const found = (await find(kernel, { ...PLACE, managed: cidrs("1.0.0.0/8") }))!;
    expect(found.routes.map(({ destination }) => destination.prefix).sort()).toEqual([0, 8]);
  });
});

describe("entries of other programs are no leftovers:", () => {
  const ROUTE = `route add default table 180 nexthop via ${GATEWAYS[0]}`;

  test.each([
    ["table 180 alone, with a rule", ["rule add pref 10902 lookup 180", ROUTE]],
    ["table 180 with a rule of another kind", ["rule add pref 500 from 10.0.0.0/24 lookup 180", ROUTE]],
    [
      "tables 180 and 181 without exclusions, at other preferences",
      ["rule add pref 300 lookup 180", "rule add pref 301 lookup 181", ROUTE],
    ],
    [
      "tables 180 and 181 with exclusions that are not in a row",
      [
        "rule add pref 400 lookup 181",
        "rule add pref 300 to 10.0.0.0/8 goto 400",
        "rule add pref 399 lookup 180",
        ROUTE,
      ],
    ],
    [
      "tables 180 and 181, of which 181 has routes",
      [...earlierEntries(RUN), `route add 1.0.0.0/8 table 181 nexthop via ${GATEWAYS[0]}`],
    ],
    ["a route over a gateway that is none of ours", ["route add default table 180 nexthop via 10.0.0.99"]],
    ["a route with a metric", [`route add default table 180 metric 5 nexthop via ${GATEWAYS[0]}`]],
    ["a route with a protocol", [`route add default table 180 proto 4 nexthop via ${GATEWAYS[0]}`]],
    ["a route with weights", [`route add default table 180 nexthop via ${GATEWAYS[0]} weight 2`]],
    ["a route to a part of what is managed", [`route add 9.0.0.0/8 table 180 nexthop via ${GATEWAYS[0]}`]],
    ["a route without a gateway", ["route add default table 180 dev eth0"]],
    ["rules with a protocol", earlierRules(RUN).map((command) => `${command} protocol 4`)],
    [
      "rules for packets of one source",
      ["rule add pref 10903 from 10.9.0.0/16 lookup 181", "rule add pref 10902 from 10.9.0.0/16 lookup 180"],
    ],
  ])("%s", async (_, commands) => {
    expect(await foundIn(...commands)).toBe("nothing");
  });

  test.each([
    ["into another table at 10890", "rule add pref 10890 lookup 250"],
    ["at 10890 for other packets", "rule add pref 10890 from 10.9.0.0/16 lookup 250"],
    ["into table 180 for other packets", "rule add pref 10000 from 10.9.0.0/16 lookup 180"],
    ["that jumps elsewhere", "rule add pref 10891 to 9.0.0.0/8 goto 20000"],
    ["for a network that jumps past another place", "rule add pref 10950 to 9.0.0.0/8 goto 32766"],
    ["of ours", "rule add pref 10888 lookup 180 protocol 173"],
  ])("a rule %s, among those of a killed run", async (_, command) => {
    const kernel = kernelWith(...earlierEntries(RUN), command);
    const found = (await find(kernel))!;
    expect(leftoversText(found)).toBe("16 rules and 1 route");
    const others = withoutLeftovers(await observe(kernel), found);
    expect(others.policies).toHaveLength(1);
    expect(others.routes).toEqual([]);
  });

  test("two jumps at one preference, which cannot be told apart, are both left", async () => {
    const found = (await find(kernelWith(...earlierEntries(RUN), "rule add pref 10890 to 9.0.0.0/8 goto 10903")))!;
    expect(found.rules.exclude.map(({ preference }) => preference)).not.toContain(10_890);
    expect(leftoversText(found)).toBe("15 rules and 1 route");
  });

  test("an older rule that a removal would take in place of the earlier program's keeps that", async () => {
    const foreign = "rule add pref 10902 iif eth9 lookup 180";
    const found = (await find(kernelWith(foreign, ...earlierEntries(RUN))))!;
    expect(found.rules.enter).toEqual([]);
    const behind = (await find(kernelWith(...earlierEntries(RUN), foreign)))!;
    expect(behind.rules.enter).toHaveLength(1);
  });
});

describe("the commands that remove it", () => {
  const removalIn = async (...commands: string[]): Promise<string> => {
    const kernel = kernelWith(...commands);
    const observed = await observe(kernel);
    return leftoversRemoval((await find(kernel))!, observed.policies);
  };

  test("are few where no other rule is between", async () => {
    expect(await removalIn(...earlierEntries(RUN))).toBe(
      "ip rule del pref 10902 lookup 180; for p in $(seq 10888 10901); do ip rule del pref $p; done; ip rule del pref 10903 lookup 181; ip route del default table 180 proto boot",
    );
  });

  test("name each rule where another one is between", async () => {
    const text = await removalIn(...earlierEntries(RUN), "rule add pref 10890 lookup 250");
    expect(text).not.toContain("seq");
    expect(text).toContain("ip rule del pref 10890 to 100.64.0.0/10 goto 10903; ");
  });
});

/** Destinations, and sources as clients and this machine have them. */
const SAMPLES = ["8.8.8.8", "1.2.3.4", "10.0.0.200", "192.168.5.5", "224.0.0.1", "100.64.1.1", "203.0.113.9"];

const fates = (kernel: FakeKernel): string[] => SAMPLES.map((address) => kernel.lookup(address));

const desired = (gateways: readonly string[], reject?: "unreachable"): Desired =>
  desiredState(
    {
      managed: PLACE.managed,
      excluded: cidrs("1.2.3.0/24"),
      reserved: RESERVED_CIDRS,
      gateways: cidrs("10.0.0.11/32", "10.0.0.12/32"),
    },
    cidrs("10.0.0.0/24"),
    hops(...gateways),
    TABLE_REF,
    reject,
  );

describe("taking it over", () => {
  const takenOver = async (kernel: FakeKernel, goal: Desired) => {
    const observed = await observe(kernel);
    const leftovers = await find(kernel);
    return planChanges({ ...observed, leftovers }, goal, TABLE_REF, new Set());
  };

  test.each([
    ["the same gateways", RUN, desired(GATEWAYS)],
    ["one gateway less", RUN, desired(["10.0.0.12"])],
    ["one gateway more", { gateways: ["10.0.0.11"] }, desired(GATEWAYS)],
    ["no gateway", RUN, desired([])],
    ["no gateway, and a kill switch", RUN, desired([], "unreachable")],
    ["a kill switch", RUN, desired(GATEWAYS, "unreachable")],
    ["other exclusions", { ...RUN, excluded: ["9.0.0.0/8"] }, desired(GATEWAYS)],
    ["no exclusions before", { ...RUN, excluded: [] }, desired(GATEWAYS)],
    ["other destinations", { ...RUN, routes: ["default", "9.0.0.0/8"] }, desired(GATEWAYS)],
    ["what a stop left", RUN, NOTHING],
  ])("with %s leads every packet where it went or will go, at each step", async (_, run, goal) => {
    const kernel = kernelWith(...earlierEntries(run));
    const { changes, conflicts } = await takenOver(kernel, goal);
    expect(conflicts).toEqual([]);
    const before = fates(kernel);
    const steps: string[][] = [];
    for (const change of changes) {
      expect(await kernel.apply([change])).toEqual({ ok: true });
      steps.push(fates(kernel));
    }
    const after = steps.at(-1)!;
    for (const step of steps) step.forEach((fate, index) => expect([before[index], after[index]]).toContain(fate));
    expect(await find(kernel)).toBeUndefined();
    expect((await takenOver(kernel, goal)).changes).toEqual([]);
    const others = kernel.routes.filter(({ protocol }) => protocol !== 173);
    expect(others.map(({ destination }) => destination.prefix)).toEqual(run === RUN || !("routes" in run) ? [] : [8]);
  });

  test("replaces its route in one step, and removes what leads to others first", async () => {
    const kernel = kernelWith(...earlierEntries(RUN));
    const { changes } = await takenOver(kernel, desired(GATEWAYS));
    const commands = changes.map((change) => commandOf(change).join(" "));
    const places = [
      /^route replace default/,
      /^rule add .*173$/,
      /^rule del pref 10902 /,
      /^rule del pref 10888 /,
      /^rule del pref 10903 /,
    ];
    const found = places.map((pattern) => commands.findIndex((command) => pattern.test(command)));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(commands.filter((command) => command.startsWith("route del"))).toEqual([]);
  });

  test("leaves what is held as it is, and adds all that is ours around it", async () => {
    const kernel = kernelWith(...earlierEntries(RUN));
    const leftovers = { ...(await find(kernel))!, isHeld: true as const };
    const { changes } = planChanges(
      { ...(await observe(kernel)), leftovers },
      desired([], "unreachable"),
      TABLE_REF,
      new Set(),
    );
    const before = fates(kernel);
    expect(await kernel.apply(changes)).toEqual({ ok: true });
    expect(fates(kernel).slice(0, 1)).toEqual(before.slice(0, 1));
    expect(leftoversText((await find(kernel))!)).toBe("16 rules and 1 route");
  });

  test("does not touch it where another program's route is in the way", async () => {
    const foreign = `route add 9.0.0.0/8 table 180 proto 4 nexthop via ${GATEWAYS[0]}`;
    const kernel = kernelWith(...earlierEntries(RUN), foreign);
    const goal = desiredState(
      { managed: cidrs("0.0.0.0/0", "9.0.0.0/8"), excluded: [], reserved: [], gateways: [] },
      [],
      hops(...GATEWAYS),
      TABLE_REF,
    );
    const { changes, conflicts } = await takenOver(kernel, goal);
    expect(conflicts).toHaveLength(1);
    expect(changes.map((change) => commandOf(change).join(" ")).filter((text) => /^rule/.test(text))).toEqual([]);
  });
});
