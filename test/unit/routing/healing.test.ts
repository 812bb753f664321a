import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { GATEWAYS, look, serve, type Setup, setUp } from "./reconciler.fixture.ts";

const EVERYTHING = parseCidr("0.0.0.0/0")!;

describe("healing", () => {
  test("what somebody removed is put back, counted and told", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    const [routes, rules] = [[...setup.kernel.routes], [...setup.kernel.rules]];
    setup.kernel.routes = [];
    setup.kernel.rules = [];
    const repaired = setup.next("repaired");
    await look(setup);
    expect((await repaired).entries.map(({ object }) => object).sort()).toEqual(["route", "route", "rule"]);
    expect([setup.kernel.routes, setup.kernel.rules]).toEqual([routes, rules]);
  });

  test("a change of our own is no repair", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    await serve(setup, "10.0.0.11");
    await serve(setup);
    await serve(setup, ...GATEWAYS);
    expect(setup.count("repaired")).toBe(0);
  });

  test("our route that somebody overwrote is put back", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.run("route replace default table 180 proto 4 nexthop via 10.0.0.99");
    await look(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
  });

  test("a route of somebody else at our key is left alone, told once, and keeps us from being ready", async () => {
    const kernel = new FakeKernel();
    kernel.run("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const setup = setUp(kernel);
    const conflict = setup.next("conflict");
    setup.use(...GATEWAYS);
    expect((await conflict).entry).toEqual({ object: "route", destination: EVERYTHING, metric: 0 });
    expect(kernel.lookup("8.8.8.8")).toBe("main"); // no rule leads everybody's traffic into that route
    expect(kernel.routes.find(({ metric, protocol }) => metric === 0 && protocol === 4)).toBeDefined();
    expect(setup.reconciler.standing.ok).toBe(false);

    kernel.run("route del unicast default table 180 proto 4");
    await look(setup);
    expect(kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
    expect(setup.count("conflict")).toBe(1);
  });

  test("a hint during a look is not lost: what was read may be older than the hint", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    const observe = setup.kernel.observe.bind(setup.kernel);
    setup.kernel.observe = async (table, gateways) => {
      const observed = await observe(table, gateways);
      setup.kernel.observe = observe;
      setup.kernel.rules = []; // after the reading, before its result is in
      setup.reconciler.look();
      return observed;
    };
    const repaired = setup.next("repaired");
    setup.reconciler.look();
    await repaired;
    await setup.next("settled");
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
  });

  test("a change of the gateways is one run of ip away: it plans on what is known", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    let observations = 0;
    setup.kernel.beforeObserve = () => observations++;
    const applied = setup.next("applied");
    setup.use("10.0.0.11");
    await applied;
    expect(observations).toBe(0);
    await setup.next("settled");
    expect(observations).toBe(1);
  });

  test("a wish is carried out whenever it comes, also in the moment when a run ends", async () => {
    for (let turns = 0; turns < 8; turns++) {
      const setup = setUp();
      await serve(setup, ...GATEWAYS);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await serve(setup, "10.0.0.12");
      expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.12*1");
    }
  });

  test("a key that we gave up belongs to whoever takes it", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    await serve(setup);
    setup.kernel.run("route add default table 180 proto 4 nexthop via 10.0.0.99");
    setup.reconciler.look(); // as the monitor would have it
    await setup.next("conflict");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main"); // also while we want nothing there
    setup.use(...GATEWAYS);
    await setup.next("routed");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(setup.kernel.routes.filter(({ protocol }) => protocol === 4)).toHaveLength(1);
  });

  test("against somebody who undoes every repair it backs off, warns once and goes on with the rest", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.beforeObserve = () => (setup.kernel.rules = []);
    const fight = setup.next("fight");
    setup.reconciler.look();
    await fight;
    const commands = setup.kernel.done.length;
    setup.use("10.0.0.12");
    await setup.next("applied");
    await Bun.sleep(0);
    expect(setup.kernel.done.slice(commands + 1).every((command) => command.startsWith("route replace default"))).toBe(
      true,
    );
    expect(setup.count("fight")).toBe(1);
    expect(setup.reconciler.standing.ok).toBe(false);
    setup.kernel.beforeObserve = () => {};
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
  });
});

/** Lets the reconciler run for so many milliseconds against somebody who undoes everything, and counts its changes. */
async function changesIn(setup: Setup, milliseconds: number): Promise<number> {
  const before = setup.count("applied");
  await Bun.sleep(milliseconds);
  return setup.count("applied") - before;
}

describe("a fight", () => {
  test("from the very start is one as well", async () => {
    const setup = setUp();
    setup.kernel.beforeObserve = () => (setup.kernel.rules = []);
    const fight = setup.next("fight");
    setup.use(...GATEWAYS);
    await fight;
    expect(await changesIn(setup, 200)).toBeLessThanOrEqual(1);
  });

  test("over many entries is told in one warning", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.beforeObserve = () => {
      setup.kernel.rules = [];
      setup.kernel.routes = [];
    };
    const fight = setup.next("fight");
    setup.reconciler.look();
    expect((await fight).entries.length).toBeGreaterThan(1);
    await Bun.sleep(50);
    expect(setup.count("fight")).toBe(1);
  });

  test("never leads what is excluded into the table while its exclusion has to wait", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.beforeObserve = () => (setup.kernel.routes = []);
    const fight = setup.next("fight");
    setup.reconciler.look();
    await fight;
    await setup.next("routed");
    setup.kernel.beforeObserve = () => {};
    const active = setup.next("routed");
    setup.use("10.0.0.11"); // the managed route is another one now, and no repair
    await active;
    expect(setup.kernel.lookup("10.0.0.77")).toBe("main");
  });

  test("goes on at its pace when the gateways change meanwhile", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.beforeObserve = () => {
      setup.kernel.run("route replace default table 180 proto 4 nexthop via 10.0.0.99");
    };
    const fight = setup.next("fight");
    setup.reconciler.look();
    await fight;
    setup.use("10.0.0.11", "10.0.0.12");
    expect(await changesIn(setup, 200)).toBeLessThanOrEqual(7);
  });
});

describe("a change that is made and yet has no effect", () => {
  test("is given up for a while, and at a stop tried all the same", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    const apply = setup.kernel.apply.bind(setup.kernel);
    setup.kernel.apply = async () => (await Bun.sleep(1), { ok: true }); // a turn of the loop, or nothing would end a race
    const fight = setup.next("fight");
    setup.use();
    await fight;
    expect(await changesIn(setup, 100)).toBeLessThanOrEqual(1);
    setup.kernel.apply = apply;
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect([...setup.kernel.routes, ...setup.kernel.rules]).toEqual([]);
  });
});

describe("a nexthop on the wrong interface", () => {
  test("is made anew when its gateway has moved to another one", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.device = "eth1";
    await look(setup);
    const route = setup.kernel.routes.find(({ type }) => type === "unicast")!;
    expect(new Set(route.nexthops.map(({ device }) => device))).toEqual(new Set(["eth1"]));
  });
});

describe("trouble with ip", () => {
  test("is told, tried again and overcome", async () => {
    const setup = setUp();
    setup.kernel.failures = [new Error("ip broke"), new Error("ip broke")];
    const settled = setup.next("settled");
    setup.use(...GATEWAYS);
    expect((await setup.next("trouble")).error).toEqual({ code: "ip", detail: "ip broke" });
    await settled;
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.12");
    expect(setup.count("trouble")).toBe(2);
    expect(setup.reconciler.standing.ok).toBe(true);
  });

  test("during removal is tried again until the deadline", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.failures = [new Error("ip broke"), new Error("ip broke")];
    expect(await setup.reconciler.remove(performance.now() + 2000)).toBe(true);
    expect(setup.kernel.routes).toEqual([]);
  });

  test("that hangs makes removal give up at the deadline too", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.observe = () => new Promise(() => {});
    expect(await setup.reconciler.remove(performance.now() + 50)).toBe(false);
  });

  test("that lasts makes removal give up at the deadline", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    setup.kernel.beforeObserve = () => {
      throw new Error("ip broke");
    };
    expect(await setup.reconciler.remove(performance.now() + 50)).toBe(false);
  });
});
