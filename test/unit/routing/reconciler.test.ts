import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { pass, runDue } from "../../fixtures/fake-time.ts";
import { contents, GATEWAYS, settleWith, setUp, setUpSettled } from "./reconciler.fixture.ts";

describe("the reconciler", () => {
  test("routes over the healthy gateways as they change, and removes all its entries in the end", async () => {
    const setup = await setUpSettled();
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
    await settleWith(setup, "10.0.0.11", "10.0.0.13");
    expect(setup.kernel.lookup("8.8.8.8")).not.toContain("10.0.0.12");
    await settleWith(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect([setup.kernel.routes, setup.kernel.rules]).toEqual([[], []]);
  });

  test("does nothing between the adoption and its start, also when it is asked to read the kernel", async () => {
    const setup = setUp(new FakeKernel(), "unreachable");
    await setup.reconciler.adopt();
    setup.reconciler.look();
    await runDue();
    expect([setup.count("observed"), setup.kernel.commands]).toEqual([1, []]);
    expect(setup.reconciler.standing.ok).toBe(false);
  });

  test("applies only the newest of several changes that come during a run", async () => {
    const setup = setUp();
    setup.setHealthy(...GATEWAYS);
    setup.setHealthy("10.0.0.12");
    await settleWith(setup, "10.0.0.13");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.13*1");
    expect(setup.kernel.commands.filter((command) => command.includes("via 10.0.0.12"))).toEqual([]);
  });

  test("continues with the slots of an earlier run, and changes nothing when they fit", async () => {
    const first = await setUpSettled();
    await settleWith(first, "10.0.0.11", "10.0.0.13");
    await settleWith(first, "10.0.0.11");
    await settleWith(first, "10.0.0.11", "10.0.0.12");
    const left = first.kernel.lookup("8.8.8.8");

    const second = setUp(first.kernel);
    const commands = first.kernel.commands.length;
    expect(await second.reconciler.adopt()).toEqual(new Set(["10.0.0.11", "10.0.0.12"]));
    await settleWith(second, "10.0.0.11", "10.0.0.12");
    expect(second.kernel.lookup("8.8.8.8")).toBe(left);
    expect(first.kernel.commands.slice(commands)).toEqual([]);
  });

  test("keeps the slots while no gateway is usable", async () => {
    const setup = setUp();
    await settleWith(setup, "10.0.0.11", "10.0.0.12");
    const before = setup.kernel.lookup("8.8.8.8");
    await settleWith(setup);
    await settleWith(setup, "10.0.0.11", "10.0.0.12");
    expect(setup.kernel.lookup("8.8.8.8")).toBe(before);
  });
});

describe("a request to the reconciler", () => {
  test("to read the kernel during a reading causes another one, since the first may be outdated", async () => {
    const setup = await setUpSettled();
    const observe = setup.kernel.observe.bind(setup.kernel);
    setup.kernel.observe = async (table, gateways) => {
      const observed = await observe(table, gateways);
      setup.kernel.observe = observe;
      setup.kernel.rules = []; // after the reading, before its result is used
      setup.reconciler.look();
      return observed;
    };
    const repaired = setup.next("repaired");
    setup.reconciler.look();
    await repaired;
    await setup.next("settled");
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
  });

  test("for other gateways is applied without another reading of the kernel, and observed afterwards", async () => {
    const setup = await setUpSettled();
    let observations = 0;
    setup.kernel.beforeObserve = () => observations++;
    const applied = setup.next("applied");
    setup.setHealthy("10.0.0.11");
    await applied;
    expect(observations).toBe(0);
    await setup.next("settled");
    expect(observations).toBe(1);
  });

  test("for other gateways is carried out also when it comes in the moment in which a run ends", async () => {
    for (let turns = 0; turns < 8; turns++) {
      const setup = await setUpSettled();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await settleWith(setup, "10.0.0.12");
      expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.12*1");
    }
  });
});

test("the waits after failures in a row double from 50 ms up to 5 s", async () => {
  const setup = setUp();
  setup.kernel.observe = () => Promise.reject(new Error("no ip"));
  const waits: number[] = [];
  setup.setHealthy(...GATEWAYS);
  for (let failure = 0; failure < 9; failure++) {
    const trouble = setup.next("trouble");
    setup.reconciler.look();
    waits.push((await trouble).waitMs);
  }
  expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

describe("while nothing happens", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test("the kernel is read every 15 s, and what was lost in silence is restored", async () => {
    const setup = await setUpSettled();
    const before = contents(setup.kernel);
    setup.kernel.routes = [];
    await pass(14_900);
    expect(setup.kernel.routes).toEqual([]);
    await pass(200);
    expect(contents(setup.kernel)).toEqual(before);
  });
});
