/** -marker-route: routes of the main table that stand while a pool is usable. */
import { describe, expect, test } from "bun:test";

import { FAMILIES } from "../../../src/net/address.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { decide, nothing, type RoutingSettings } from "../../../src/routing/decide.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { markerRoutes } from "../../../src/routing/marker.ts";
import { groupOrphans, orphanText, removalOf } from "../../../src/routing/orphans.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { cidrs, destinations, kernelWith, TABLE_REF } from "./plan.fixture.ts";

const [A, B] = ["10.0.0.11", "10.0.0.12"] as const;
const MARKER = "192.0.2.173/32";
const ADD = `route add blackhole ${MARKER} table 254 proto 173 metric 180`;
const DELETE = `route del blackhole ${MARKER} table 254 proto 173 metric 180`;

const settings = (changes: Partial<RoutingSettings> = {}): RoutingSettings => ({
  layout: layoutOf([A, B]),
  destinations: destinations(),
  tableRef: TABLE_REF,
  whenNoGateways: "fall-through",
  quorum: { least: 0, policy: "keep" },
  markers: { destinations: cidrs(MARKER), least: 1 },
  ...changes,
});

const observe = (kernel: FakeKernel) => kernel.observe(TABLE_REF.table, [A, B], undefined, 4, true);

/** The commands that follow from these healthy gateways. */
async function commandsWith(kernel: FakeKernel, healthy: readonly string[], changes: Partial<RoutingSettings> = {}) {
  const observed = await observe(kernel);
  const pool = { gateways: [A, B], healthy: new Set(healthy), holds: new Map(), lost: [] };
  const { desired } = decide(settings(changes), pool, observed, undefined);
  const plan = planChanges(observed, desired, TABLE_REF, new Set());
  return { commands: plan.changes.map((change) => commandOf(change).join(" ")), changes: plan.changes };
}

async function kernelAt(healthy: readonly string[], changes?: Partial<RoutingSettings>): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  expect(await kernel.apply((await commandsWith(kernel, healthy, changes)).changes)).toEqual({ ok: true });
  return kernel;
}

describe("a marker", () => {
  test("comes after all else when the pool becomes usable, and goes before all else when it stops being so", async () => {
    expect((await commandsWith(new FakeKernel(), [A])).commands.at(-1)).toBe(ADD);
    expect((await commandsWith(await kernelAt([A]), [])).commands[0]).toBe(DELETE);
  });

  test("stays as it is while gateways come and go, as far as enough are left", async () => {
    const { commands } = await commandsWith(await kernelAt([A, B]), [A]);
    expect(commands.filter((one) => one.includes(MARKER))).toEqual([]);
    const two = { markers: { destinations: cidrs(MARKER), least: 2 } };
    expect((await commandsWith(await kernelAt([A, B], two), [A], two)).commands).toContain(DELETE);
  });

  test("does not stand while other programs take all packets", async () => {
    expect((await commandsWith(await kernelAt([A]), [A], { isDiverted: true })).commands).toEqual([DELETE]);
  });

  test("does not stand while a route of another program keeps packets from the table", async () => {
    const kernel = kernelWith("route add default table 180 proto 99 nexthop via 10.0.0.99", ADD);
    expect((await commandsWith(kernel, [A])).commands[0]).toBe(DELETE);
  });

  test("is left alone where nothing is decided, and removed by a stop", async () => {
    const observed = await observe(await kernelAt([A]));
    const { markers: _, ...undecided } = nothing(settings());
    const plan = (desired: typeof undecided) =>
      planChanges(observed, desired, TABLE_REF, new Set()).changes.map((change) => commandOf(change).join(" "));
    expect(plan(undecided)).not.toContain(DELETE);
    expect(plan(nothing(settings()))[0]).toBe(DELETE);
  });

  test("of another pool, and one of another program, are not touched", async () => {
    const kernel = kernelWith(
      `route add blackhole ${MARKER} table 254 proto 173 metric 181`,
      `route add blackhole ${MARKER} table 254 proto 99 metric 5`,
    );
    const { commands } = await commandsWith(kernel, []);
    expect(commands.filter((one) => one.includes(MARKER))).toEqual([]);
  });

  test("that another destination has taken is deleted, and not replaced", async () => {
    const kernel = await kernelAt([A]);
    const moved = { markers: { destinations: cidrs("192.0.2.174/32"), least: 1 } };
    expect((await commandsWith(kernel, [A], moved)).commands).toEqual([
      DELETE,
      "route add blackhole 192.0.2.174/32 table 254 proto 173 metric 180",
    ]);
  });

  test("is not made in a network of this machine, nor in another family", () => {
    const all = ["10.0.0.7/32", "10.0.0.0/8", MARKER, "2001:db8::173/128"].map((one) => parseCidr(one, FAMILIES)!);
    const madeIn = (family: 4 | 6) =>
      markerRoutes(all, 180, family, cidrs("10.0.0.0/24")).map((route) => commandOf({ op: "add-route", route })[3]);
    expect([madeIn(4), madeIn(6)]).toEqual([[MARKER], ["2001:db8::173/128"]]);
  });
});

describe("a marker that a killed run has left", () => {
  const left = kernelWith(ADD).routes;
  const own = (table: number, markers?: true) => [
    { family: 4 as const, tableRef: { table, preference: 1 }, ...(markers && { markers }) },
  ];

  test("is adopted by the pool with its table, and else removed", () => {
    expect(groupOrphans([], left, own(180, true))).toEqual([]);
    for (const places of [own(180), own(181, true)]) {
      const [orphan, ...others] = groupOrphans([], left, places);
      expect(others).toEqual([]);
      expect(orphanText(orphan!)).toBe("the main table, as markers of table 180");
      expect(removalOf(orphan!).map((change) => commandOf(change).join(" "))).toEqual([DELETE]);
    }
  });
});
