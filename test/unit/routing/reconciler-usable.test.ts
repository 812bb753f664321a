import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import { kernelWith } from "./plan.fixture.ts";
import { GATEWAYS, reread, settleWith, type Setup, setUp, setUpSettled } from "./reconciler.fixture.ts";

test("healthy gateways are usable once their routes are in the kernel, and not before the first decision", async () => {
  const setup = setUp();
  expect(setup.reconciler.usable).toEqual([]);
  await settleWith(setup, ...GATEWAYS);
  expect(setup.reconciler.usable).toEqual(GATEWAYS);
  setup.setHealthy(GATEWAYS[0]!);
  await setup.next("settled");
  expect(setup.reconciler.usable).toEqual([GATEWAYS[0]!]);
});

test("no gateway is usable while a route of another program is at the place of the managed one", async () => {
  const setup = setUp(kernelWith("route add default table 180 proto 99 nexthop via 10.0.0.99"));
  const routed = setup.next("routed");
  setup.setHealthy(...GATEWAYS);
  await routed;
  expect(setup.reconciler.usable).toEqual([]);
});

test("no gateway is usable while a rule of another program takes all packets", async () => {
  const setup = await setUpSettled();
  setup.kernel.run("route add default table 50 nexthop via 10.0.0.99");
  setup.kernel.foreignRules = [{ priority: 50, src: "all", table: "50" }];
  const preceded = setup.next("preceded");
  await reread(setup);
  await preceded;
  expect(setup.reconciler.usable).toEqual([]);
});

test("no gateway is usable after a stop, also where its routes stay", async () => {
  const [removed, left] = [await setUpSettled(), await setUpSettled()];
  expect(await removed.reconciler.remove(performance.now() + 1000)).toBe(true);
  await left.reconciler.leave(performance.now() + 1000);
  expect(left.kernel.lookup("8.8.8.8")).not.toBe("main");
  expect([removed, left].map(({ reconciler }) => reconciler.usable)).toEqual([[], []]);
});

describe("a marker", () => {
  const MARKER = "192.0.2.173/32";
  const markers = { destinations: [parseCidr(MARKER)!], least: 2 };
  const stands = ({ kernel }: Setup): boolean =>
    kernel.routes.some(({ type, table, metric }) => type === "blackhole" && table === 254 && metric === 180);

  test("follows the number of usable gateways, is restored, and goes at a stop", async () => {
    const setup = setUp(undefined, undefined, undefined, false, markers);
    await settleWith(setup, GATEWAYS[0]!);
    expect(stands(setup)).toBe(false);
    await settleWith(setup, ...GATEWAYS);
    expect(stands(setup)).toBe(true);
    setup.kernel.run(`route del blackhole ${MARKER} table 254 proto 173 metric 180`);
    await reread(setup);
    expect([stands(setup), setup.count("repaired")]).toEqual([true, 1]);
    await settleWith(setup, GATEWAYS[0]!);
    expect(stands(setup)).toBe(false);
    await settleWith(setup, ...GATEWAYS);
    expect(await setup.reconciler.remove(performance.now() + 1000)).toBe(true);
    expect(stands(setup)).toBe(false);
  });

  test("goes when a reload leaves it out", async () => {
    const setup = setUp(undefined, undefined, undefined, false, markers);
    await settleWith(setup, ...GATEWAYS);
    const { layout, destinations, tableRef, whenNoGateways, quorum } = setup.settings;
    const settled = setup.next("settled");
    setup.reconciler.reload({ layout, destinations, tableRef, whenNoGateways, quorum });
    await settled;
    expect(stands(setup)).toBe(false);
  });
});
