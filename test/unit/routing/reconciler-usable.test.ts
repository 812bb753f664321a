import { expect, test } from "bun:test";

import { kernelWith } from "./plan.fixture.ts";
import { GATEWAYS, reread, settleWith, setUp, setUpSettled } from "./reconciler.fixture.ts";

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
