/** Two programs undo each other's changes: the reconciler and another one, which acts before each of its readings. */
import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { pass } from "../../fixtures/fake-time.ts";
import { OWN, RULE } from "./plan.fixture.ts";
import { GATEWAYS, setUp, type Setup, setUpSettled } from "./reconciler.fixture.ts";

/** How long the first repair of a fight is delayed. */
const FIRST_WAIT_MS = 1000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Has another program undo changes from now on, until that is reported as a fight. */
async function fight({ kernel, reconciler, next }: Setup, undo: () => void) {
  kernel.beforeObserve = undo;
  const reported = next("fight");
  reconciler.look();
  return await reported;
}

/** The commands of the reconciler in the next milliseconds. */
async function commandsIn({ kernel }: Setup, milliseconds: number): Promise<string[]> {
  const before = kernel.commands.length;
  await pass(milliseconds);
  return kernel.commands.slice(before).filter((command) => !command.includes("proto 4"));
}

describe("a fight", () => {
  test("over the rule is reported once, and delays its repair but no other change", async () => {
    const setup = await setUpSettled();
    await fight(setup, () => (setup.kernel.rules = []));
    setup.setHealthy("10.0.0.12");
    expect(await commandsIn(setup, FIRST_WAIT_MS - 1)).toEqual([
      `route replace default ${OWN} nexthop via 10.0.0.12 dev eth0`,
    ]);
    expect(await commandsIn(setup, 1)).toEqual([RULE]);
    expect(setup.count("fight")).toBe(1);
    expect(setup.reconciler.standing).toEqual({ ok: false, code: "fight" });
  });

  test("does not delay the removal of all entries", async () => {
    const setup = await setUpSettled();
    await fight(setup, () => (setup.kernel.rules = []));
    setup.kernel.beforeObserve = () => {};
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
  });

  test("over a rule that never stood delays its repair as well", async () => {
    const setup = setUp();
    const reported = setup.next("fight");
    setup.kernel.beforeObserve = () => (setup.kernel.rules = []);
    setup.setHealthy(...GATEWAYS);
    await reported;
    expect(await commandsIn(setup, FIRST_WAIT_MS - 1)).toEqual([]);
    expect(await commandsIn(setup, 1)).toEqual([RULE]);
  });

  test("over several entries is reported once for all of them", async () => {
    const setup = await setUpSettled();
    const { entries } = await fight(setup, () => {
      setup.kernel.rules = [];
      setup.kernel.routes = [];
    });
    expect(entries.map(({ object }) => object)).toEqual(["route", "route", "rule"]);
    expect(await commandsIn(setup, FIRST_WAIT_MS - 1)).toEqual([]);
    expect(setup.count("fight")).toBe(1);
  });

  test("over an exclusion leads no excluded packets into the table while its repair is delayed", async () => {
    const setup = await setUpSettled();
    await fight(setup, () => (setup.kernel.routes = []));
    await setup.next("routed");
    setup.kernel.beforeObserve = () => {};
    const routed = setup.next("routed");
    setup.setHealthy("10.0.0.11"); // a managed route with other gateways is no repair
    await routed;
    expect(setup.kernel.lookup("10.0.0.77")).toBe("main");
  });

  test("over the managed route continues with the same delays when the gateways change", async () => {
    const setup = await setUpSettled();
    await fight(setup, () => {
      setup.kernel.run("route replace default table 180 proto 4 nexthop via 10.0.0.99");
    });
    setup.setHealthy("10.0.0.11", "10.0.0.12");
    const replacement = expect.stringContaining(`route replace default ${OWN} nexthop via 10.0.0.11`);
    expect(await commandsIn(setup, FIRST_WAIT_MS - 1)).toEqual([replacement]);
    expect(await commandsIn(setup, 1)).toEqual([replacement]);
  });
});

test("a change without an effect is delayed like a repair in a fight, but is tried at once by the removal", async () => {
  const setup = await setUpSettled();
  const apply = setup.kernel.apply.bind(setup.kernel);
  setup.kernel.apply = async () => ({ ok: true });
  const reported = setup.next("fight");
  setup.setHealthy();
  await reported;
  const applied = setup.count("applied");
  await pass(FIRST_WAIT_MS - 1);
  expect(setup.count("applied")).toBe(applied);
  await pass(1);
  expect(setup.count("applied")).toBe(applied + 1);
  setup.kernel.apply = apply;
  expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
  expect([...setup.kernel.routes, ...setup.kernel.rules]).toEqual([]);
});
