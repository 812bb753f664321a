import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { pass, runDue } from "../../fixtures/fake-time.ts";
import { contents, GATEWAYS, setUp, setUpSettled } from "./reconciler.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a reconciler that leaves", () => {
  test("changes nothing more, neither for other gateways nor after another program's change", async () => {
    const setup = await setUpSettled(new FakeKernel(), "unreachable");
    await setup.reconciler.leave(performance.now() + 500);
    setup.setHealthy();
    setup.kernel.rules.pop();
    const before = [setup.count("observed"), contents(setup.kernel)];
    setup.reconciler.look("paths");
    jest.advanceTimersByTime(60_000);
    await runDue();
    expect([setup.count("observed"), contents(setup.kernel)]).toEqual(before);
  });

  test("reports no trouble when it leaves during a reading", async () => {
    const setup = await setUpSettled();
    const { promise: reading, resolve: read } = Promise.withResolvers<void>();
    const observe = setup.kernel.observe.bind(setup.kernel);
    setup.kernel.observe = async (...given) => {
      await reading;
      return await observe(...given);
    };
    setup.reconciler.look();
    const left = setup.reconciler.leave(performance.now() + 500);
    read();
    await left;
    expect([setup.count("trouble"), setup.reconciler.standing]).toEqual([0, { ok: true }]);
  });

  test("waits for the change that is under way, until its deadline", async () => {
    const setup = setUp();
    const apply = setup.kernel.apply.bind(setup.kernel);
    const { promise: mayApply, resolve: finish } = Promise.withResolvers<void>();
    setup.kernel.apply = async (...given) => {
      await mayApply;
      return await apply(...given);
    };
    setup.setHealthy(...GATEWAYS);
    await runDue();
    let hasLeft = false;
    const left = setup.reconciler.leave(performance.now() + 20).then(() => (hasLeft = true));
    await pass(19);
    expect(hasLeft).toBe(false);
    await pass(1);
    await left;
    expect(setup.kernel.commands).toEqual([]);
    const leftAgain = setup.reconciler.leave(performance.now() + 5000);
    finish();
    await leftAgain;
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.11");
  });
});
