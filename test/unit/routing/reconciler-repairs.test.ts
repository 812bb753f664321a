import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { pass } from "../../fixtures/fake-time.ts";
import { EVERYTHING } from "./plan.fixture.ts";
import { GATEWAYS, reread, settleWith, setUp, setUpSettled } from "./reconciler.fixture.ts";

const FOREIGN = "default table 180 proto 4 nexthop via 10.0.0.99";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("repairs", () => {
  test("restore entries that another program removed, and are counted and reported", async () => {
    const setup = await setUpSettled();
    const [routes, rules] = [[...setup.kernel.routes], [...setup.kernel.rules]];
    setup.kernel.routes = [];
    setup.kernel.rules = [];
    const repaired = setup.next("repaired");
    await reread(setup);
    expect((await repaired).entries.map(({ object }) => object).sort()).toEqual(["route", "route", "rule"]);
    expect([setup.kernel.routes, setup.kernel.rules]).toEqual([routes, rules]);
  });

  test("do not include changes that the reconciler itself decided", async () => {
    const setup = await setUpSettled();
    await settleWith(setup, "10.0.0.11");
    await settleWith(setup);
    await settleWith(setup, ...GATEWAYS);
    expect(setup.count("repaired")).toBe(0);
  });

  test("restore a route that another program replaced", async () => {
    const setup = await setUpSettled();
    setup.kernel.run(`route replace ${FOREIGN}`);
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
  });

  test("replace a nexthop whose gateway has moved to another interface", async () => {
    const setup = await setUpSettled();
    setup.kernel.device = "eth1";
    await reread(setup);
    const route = setup.kernel.routes.find(({ type }) => type === "unicast")!;
    expect(new Set(route.nexthops.map(({ device }) => device))).toEqual(new Set(["eth1"]));
  });
});

describe("a conflict with a route of another program", () => {
  test("is reported once, keeps that route and adds no rule until the route is removed", async () => {
    const kernel = new FakeKernel();
    kernel.run(`route add ${FOREIGN}`);
    const setup = setUp(kernel);
    const conflict = setup.next("conflict");
    setup.setHealthy(...GATEWAYS);
    expect((await conflict).entry).toEqual(EVERYTHING);
    expect(kernel.lookup("8.8.8.8")).toBe("main"); // no rule leads packets to that route
    expect(kernel.routes.find(({ metric, protocol }) => metric === 0 && protocol === 4)).toBeDefined();
    expect(setup.reconciler.standing.ok).toBe(false);

    kernel.run("route del unicast default table 180 proto 4");
    await reread(setup);
    expect(kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
    expect(setup.count("conflict")).toBe(1);
  });

  test("begins when the route takes a key that the reconciler has given up", async () => {
    const setup = await setUpSettled();
    await settleWith(setup);
    setup.kernel.run(`route add ${FOREIGN}`);
    setup.reconciler.look(); // as the monitor would request it
    await setup.next("conflict");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main"); // even while no managed route is wanted
    setup.setHealthy(...GATEWAYS);
    await setup.next("routed");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(setup.kernel.routes.filter(({ protocol }) => protocol === 4)).toHaveLength(1);
  });
});

describe("a failure of ip", () => {
  const broken = new Error("ip broke");

  test("is reported, and tried again after 50 and 100 ms until it is overcome", async () => {
    const setup = setUp();
    setup.kernel.failures = [broken, broken];
    setup.setHealthy(...GATEWAYS);
    const error = { code: "ip", detail: "ip broke" };
    expect(await setup.next("trouble")).toMatchObject({ error, waitMs: 50 });
    await pass(50);
    expect([setup.count("trouble"), setup.reconciler.standing.ok]).toEqual([2, false]);
    await pass(100);
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.12");
    expect([setup.count("trouble"), setup.reconciler.standing.ok]).toEqual([2, true]);
  });

  test("during the removal is tried again every 50 ms", async () => {
    const setup = await setUpSettled();
    setup.kernel.failures = [broken, broken];
    const removed = setup.reconciler.remove(performance.now() + 2000);
    await pass(100);
    expect(setup.kernel.routes).toEqual([]);
    expect(await removed).toBe(true);
  });

  test("that lasts ends the removal at its deadline", async () => {
    const setup = await setUpSettled();
    setup.kernel.beforeObserve = () => {
      throw broken;
    };
    const removed = setup.reconciler.remove(performance.now() + 500);
    await pass(500);
    expect(await removed).toBe(false);
  });

  test("that hangs ends the removal at its deadline", async () => {
    const setup = await setUpSettled();
    setup.kernel.observe = () => new Promise(() => {});
    const removed = setup.reconciler.remove(performance.now() + 500);
    await pass(500);
    expect(await removed).toBe(false);
  });
});
