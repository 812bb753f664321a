import { describe, expect, test } from "bun:test";

import { gatewaysAt } from "../../../src/routing/probe-tables.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { contents, GATEWAYS, reread, settleWith, type Setup, setUp, setUpSettled } from "./reconciler.fixture.ts";

const setUpRejecting = (kernel?: FakeKernel): Setup => setUp(kernel, "unreachable");

describe("a start with a kill switch", () => {
  test("rejects managed destinations at once, and is not ready before the first decision", async () => {
    const setup = setUpRejecting();
    await setup.reconciler.adopt();
    await setup.reconciler.prepare();
    expect(setup.kernel.lookup("8.8.8.8")).toBe("unreachable");
    expect(setup.kernel.lookup("10.0.0.11")).toBe("main");
    expect(setup.reconciler.standing).toEqual({ ok: false, code: "starting" });
    expect([setup.count("routed"), setup.count("settled")]).toEqual([0, 0]); // what to route is not decided yet
    await settleWith(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.12");
    await settleWith(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("unreachable");
    expect(setup.reconciler.standing.ok).toBe(true);
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect(contents(setup.kernel)).toEqual([]);
  });

  test("keeps the routes of an earlier run until the first decision, and repairs everything else", async () => {
    const first = await setUpSettled();
    const routed = first.kernel.lookup("8.8.8.8");
    const second = setUpRejecting(first.kernel);
    await second.reconciler.adopt();
    await second.reconciler.prepare();
    expect(second.kernel.lookup("8.8.8.8")).toBe(routed);
    second.kernel.routes = second.kernel.routes.filter(({ type }) => type !== "unicast");
    expect(second.kernel.lookup("8.8.8.8")).toBe("unreachable");
    second.kernel.rules = [];
    const repaired = second.next("repaired");
    second.reconciler.look();
    await repaired;
    await second.reconciler.prepare(); // ends with the run that makes the repair
    expect(second.kernel.lookup("8.8.8.8")).toBe("unreachable");
  });
});

describe("a start without a kill switch", () => {
  test("changes nothing before the first decision", async () => {
    const setup = setUp();
    await setup.reconciler.prepare();
    expect(setup.kernel.commands).toEqual([]);
  });

  test("removes the kill switch of an earlier run at the first decision", async () => {
    const first = await setUpSettled(new FakeKernel(), "unreachable");
    const second = setUp(first.kernel);
    await second.reconciler.adopt();
    await settleWith(second, ...GATEWAYS);
    const plain = await setUpSettled();
    expect(contents(second.kernel)).toEqual(contents(plain.kernel));
  });
});

describe("a kill switch", () => {
  test("rejects a managed destination while another program has a route there, whichever gateways are healthy", async () => {
    const kernel = new FakeKernel();
    kernel.run("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const setup = setUpRejecting(kernel);
    await setup.reconciler.prepare();
    const lookups = new Set<string>();
    kernel.beforeObserve = () => lookups.add(kernel.lookup("8.8.8.8"));
    for (const gateways of [GATEWAYS, [], GATEWAYS]) {
      setup.setHealthy(...gateways);
      await setup.next("routed");
      setup.reconciler.look();
      await setup.next("routed");
    }
    expect([...lookups]).toEqual(["unreachable"]);
    expect(kernel.lookup("10.0.0.77")).toBe("main");
    expect(setup.events.filter(({ type }) => ["fight", "repaired"].includes(type))).toEqual([]);
    kernel.run("route del unicast default table 180 proto 4");
    await reread(setup);
    expect(kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
    expect(setup.count("repaired")).toBe(0); // only the reconciler itself has removed the rule
  });

  test("does not make gateways unusable when the target of its exemptions is lost", async () => {
    const setup = setUpRejecting();
    await setup.reconciler.prepare();
    await settleWith(setup, ...GATEWAYS);
    const before = contents(setup.kernel);
    const routed = setup.kernel.lookup("8.8.8.8");
    const lookups = new Set<string>();
    const observe = setup.kernel.observe.bind(setup.kernel);
    setup.kernel.observe = async (table, places) => {
      const [observed, gateways] = [await observe(table, places), gatewaysAt(places)];
      lookups.add(setup.kernel.lookup("8.8.8.8"));
      // As the kernel would answer: a gateway without an exemption is rejected.
      const rejected = gateways.filter((gateway) => setup.kernel.lookup(gateway) !== "main");
      return {
        ...observed,
        unusable: rejected.map((gateway) => ({
          gateway,
          fault: { code: "no-route", detail: "no interface leads to it" } as const,
        })),
      };
    };
    setup.kernel.rules = setup.kernel.rules.filter(({ kind }) => kind !== "nop");
    setup.reconciler.look();
    await setup.next("settled");
    expect(contents(setup.kernel)).toEqual(before);
    expect([...lookups]).toEqual([routed]);
  });

  test("is repaired as a whole in a fight, so that excluded packets are never rejected", async () => {
    const setup = setUpRejecting();
    await setup.reconciler.prepare();
    await settleWith(setup, ...GATEWAYS);
    const gotos = () => setup.kernel.rules.filter(({ kind }) => kind === "goto").length;
    expect(gotos()).toBeGreaterThan(0);
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
