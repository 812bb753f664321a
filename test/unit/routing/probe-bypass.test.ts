import { describe, expect, test } from "bun:test";

import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { groupOrphans, removalOf } from "../../../src/routing/orphans.ts";
import { bypassPath } from "../../../src/routing/probe-tables.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { kernelWith, TABLE_REF } from "./plan.fixture.ts";
import { GATEWAYS, noProbes, planProbesFor, PROBES, probeState } from "./probes.fixture.ts";

const TABLES = { ...PROBES, bypass: true };
const [ADDRESS, { mark }] = ["8.8.8.8", bypassPath(TABLES)];
const DEFAULT = "route add default table 254 proto 3 nexthop via 10.0.0.1";

/** A kernel with the rules and routes for probes, and the path past all gateways. */
async function reached(...commands: string[]): Promise<FakeKernel> {
  const kernel = kernelWith(...commands);
  const state = probeState(GATEWAYS, TABLES);
  expect(await kernel.apply(await planProbesFor(kernel, state))).toEqual({ ok: true });
  expect(await planProbesFor(kernel, state)).toEqual([]);
  return kernel;
}

describe("the path past all gateways", () => {
  test("takes the default route of the main table, and the path through a gateway does not", async () => {
    const kernel = await reached(DEFAULT);
    expect(await kernel.routeOf(ADDRESS, mark)).toEqual({ table: 254, gateway: "10.0.0.1" });
    expect(await kernel.routeOf(ADDRESS, 0xad000001)).toEqual({ table: 18001, gateway: "10.0.0.11" });
  });

  test("goes nowhere without a route in the main table", async () => {
    expect(await (await reached()).routeOf(ADDRESS, mark)).toBeUndefined();
  });

  test("is there only where it is asked for", async () => {
    const kernel = await reached(DEFAULT);
    const commands = (await planProbesFor(kernel, probeState())).map((change) => commandOf(change).join(" "));
    expect(commands).toEqual(["rule del pref 101 from all fwmark 0xad0000ff/0xff0000ff lookup 254 protocol 173"]);
    expect(await kernel.apply(await planProbesFor(kernel, noProbes()))).toEqual({ ok: true });
    expect(kernel.rules).toEqual([]);
  });

  test("of a killed run is removed with its other probes, and nothing in the main table", async () => {
    const kernel = await reached(DEFAULT);
    const ours = kernel.routes.filter(({ table }) => table !== 254);
    const inMain = { ...ours[0]!, table: 254 };
    const orphans = groupOrphans(kernel.rules, [...ours, inMain], [{ tableRef: TABLE_REF }]);
    expect(orphans).toHaveLength(1);
    expect(await kernel.apply(orphans.flatMap(removalOf))).toEqual({ ok: true });
    expect(kernel.rules).toEqual([]);
    expect(kernel.routes).toHaveLength(1);
  });
});
