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
