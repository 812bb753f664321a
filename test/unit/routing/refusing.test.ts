import { describe, expect, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { GATEWAYS, look, serve, type Setup, setUp } from "./reconciler.fixture.ts";

const refusing = (kernel?: FakeKernel): Setup => setUp(kernel, "unreachable");

/** Everything in the kernel, in no order. */
const contents = ({ routes, rules }: FakeKernel): string[] =>
  [...routes, ...rules].map((entry) => JSON.stringify(entry)).sort();

describe("refusing", () => {
  test("begins at once, before anybody is served, and is not ready then", async () => {
    const setup = refusing();
    await setup.reconciler.adopt();
    await setup.reconciler.close();
    expect(setup.kernel.lookup("8.8.8.8")).toBe("unreachable");
    expect(setup.kernel.lookup("10.0.0.11")).toBe("main");
    expect(setup.reconciler.standing).toEqual({ ok: false, code: "starting" });
    expect([setup.count("routed"), setup.count("settled")]).toEqual([0, 0]); // nobody may believe that all is known
    await serve(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.12");
    await serve(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("unreachable");
    expect(setup.reconciler.standing.ok).toBe(true);
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect(contents(setup.kernel)).toEqual([]);
  });

  test("is no matter of the other modes", async () => {
    const setup = setUp();
    await setup.reconciler.close();
    expect(setup.kernel.done).toEqual([]);
  });

  test("leaves the ways of an earlier run until somebody is served, and looks after the rest", async () => {
    const first = setUp();
    await serve(first, ...GATEWAYS);
    const way = first.kernel.lookup("8.8.8.8");
    const second = refusing(first.kernel);
    await second.reconciler.adopt();
    await second.reconciler.close();
    expect(second.kernel.lookup("8.8.8.8")).toBe(way);
    second.kernel.routes = second.kernel.routes.filter(({ type }) => type !== "unicast");
    expect(second.kernel.lookup("8.8.8.8")).toBe("unreachable");
    second.kernel.rules = [];
    const repaired = second.next("repaired");
    second.reconciler.look();
    await repaired;
    await second.reconciler.close(); // the run that goes on
    expect(second.kernel.lookup("8.8.8.8")).toBe("unreachable");
  });

  test("what another mode left is taken away when somebody is served", async () => {
    const first = refusing();
    await serve(first, ...GATEWAYS);
    const second = setUp(first.kernel);
    await second.reconciler.adopt();
    await serve(second, ...GATEWAYS);
    const plain = setUp();
    await serve(plain, ...GATEWAYS);
    expect(contents(second.kernel)).toEqual(contents(plain.kernel));
  });

  test("a route of somebody else in the place of a managed one: no rule leads there, whatever the gateways do", async () => {
    const kernel = new FakeKernel();
    kernel.run("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const setup = refusing(kernel);
    await setup.reconciler.close();
    const seen = new Set<string>();
    kernel.beforeObserve = () => seen.add(kernel.lookup("8.8.8.8"));
    for (const gateways of [GATEWAYS, [], GATEWAYS]) {
      setup.use(...gateways);
      await setup.next("routed");
      setup.reconciler.look();
      await setup.next("routed");
    }
    expect([...seen]).toEqual(["unreachable"]);
    expect(kernel.lookup("10.0.0.77")).toBe("main");
    expect(setup.events.filter(({ type }) => ["fight", "repaired"].includes(type))).toEqual([]);
    kernel.run("route del unicast default table 180 proto 4");
    await look(setup);
    expect(kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
    expect(setup.count("repaired")).toBe(0); // nobody but us has taken the rule away
  });

  test("a lost way past never makes gateways look unreachable", async () => {
    const setup = refusing();
    await setup.reconciler.close();
    await serve(setup, ...GATEWAYS);
    const before = contents(setup.kernel);
    const way = setup.kernel.lookup("8.8.8.8");
    const seen = new Set<string>();
    const observe = setup.kernel.observe.bind(setup.kernel);
    setup.kernel.observe = async (table, gateways) => {
      const observed = await observe(table, gateways);
      seen.add(setup.kernel.lookup("8.8.8.8"));
      // As the kernel would answer: what is not let past is refused.
      const cut = gateways.filter((gateway) => setup.kernel.lookup(gateway) !== "main");
      return {
        ...observed,
        unusable: cut.map((gateway) => ({
          gateway,
          fault: { code: "no-route", detail: "no interface leads to it" } as const,
        })),
      };
    };
    setup.kernel.rules = setup.kernel.rules.filter(({ kind }) => kind !== "nop");
    setup.reconciler.look();
    await setup.next("settled");
    expect(contents(setup.kernel)).toEqual(before);
    expect([...seen]).toEqual([way]);
  });

  test("in a fight about it, all of it waits together: no half that cuts off what is excluded", async () => {
    const setup = refusing();
    await setup.reconciler.close();
    await serve(setup, ...GATEWAYS);
    const gotos = () => setup.kernel.rules.filter(({ kind }) => kind === "goto").length;
    const all = gotos();
    expect(all).toBeGreaterThan(0);
    setup.kernel.beforeObserve = () => {
      setup.kernel.rules = setup.kernel.rules.filter(({ kind }) => kind === "lookup");
    };
    const fight = setup.next("fight");
    setup.reconciler.look();
    expect((await fight).entries).toEqual([{ object: "kill-switch" }]);
    setup.kernel.beforeObserve = () => {};
    setup.kernel.rules = setup.kernel.rules.filter(({ kind }) => kind === "lookup");
    setup.reconciler.look();
    await setup.next("routed");
    expect(setup.kernel.rules.map(({ kind }) => kind)).toEqual(["lookup"]);
    expect(setup.kernel.lookup("10.0.0.77")).toBe("main");
  });
});

describe("keeping", () => {
  const keeping = (kernel?: FakeKernel): Setup => setUp(kernel, "keep");

  test("the last routes stay, and are made again where the kernel lost them", async () => {
    const setup = keeping();
    await serve(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    await serve(setup, "10.0.0.11", "10.0.0.13");
    const before = contents(setup.kernel);
    const active = setup.next("routed");
    await serve(setup);
    expect((await active).gateways).toEqual([]);
    expect(contents(setup.kernel)).toEqual(before);
    setup.kernel.routes = [];
    await look(setup);
    expect(contents(setup.kernel)).toEqual(before);
  });

  test("the routes of an earlier run count as the last ones", async () => {
    const first = keeping();
    await serve(first, "10.0.0.12");
    const before = contents(first.kernel);
    const second = keeping(first.kernel);
    await second.reconciler.adopt();
    await serve(second);
    expect(contents(second.kernel)).toEqual(before);
  });

  test("so do those of a run with another range, as far as their gateways are in this one", async () => {
    const kernel = new FakeKernel();
    kernel.run("route replace default table 180 proto 173 nexthop via 10.0.0.12 nexthop via 10.0.0.14");
    const setup = keeping(kernel);
    expect(await setup.reconciler.adopt()).toEqual(new Set(["10.0.0.12"]));
    await serve(setup);
    expect(kernel.lookup("8.8.8.8")).toBe("10.0.0.12*1");
  });

  test("gateways that nothing leads to are left as they are, or out", async () => {
    const setup = keeping();
    await serve(setup, "10.0.0.11", "10.0.0.12");
    const before = setup.kernel.lookup("8.8.8.8");
    setup.kernel.addresses = [];
    await serve(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe(before);
    setup.kernel.routes = setup.kernel.routes.filter(({ type }) => type !== "unicast");
    await look(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    setup.kernel.addresses = ["10.0.0.1/24"];
    await look(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe(before);
  });
});

describe("leaving", () => {
  test("changes nothing any more, whatever is asked", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    const before = contents(setup.kernel);
    await setup.reconciler.leave(performance.now() + 500);
    setup.use();
    setup.kernel.rules.pop();
    setup.reconciler.look(true);
    await Bun.sleep(20);
    expect(contents(setup.kernel)).toEqual(before.filter((entry) => !entry.includes("lookup")));
  });

  test("waits for the change that is under way, but not for ever", async () => {
    const setup = setUp();
    const apply = setup.kernel.apply.bind(setup.kernel);
    let finish = () => {};
    setup.kernel.apply = async (...given) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return apply(...given);
    };
    setup.use(...GATEWAYS);
    await Bun.sleep(5);
    await setup.reconciler.leave(performance.now() + 20);
    expect(setup.kernel.done).toEqual([]);
    const left = setup.reconciler.leave(performance.now() + 5000);
    finish();
    await left;
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
  });
});
