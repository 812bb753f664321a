/** Rules of other programs before ours: the reconciler reports which packets they keep from the gateways. */
import { describe, expect, test } from "bun:test";

import { runDue } from "../../fixtures/fake-time.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { reread, type Setup, setUpSettled } from "./reconciler.fixture.ts";

/** What was reported, as the preferences of the rules and their extents. */
const reported = ({ events }: Setup): string[] =>
  events.flatMap((event) =>
    event.type === "preceded"
      ? event.diversions.map(({ rule, extent }) => `${rule.preference} ${extent}`).join(", ") || "none"
      : [],
  );

const VPN = { priority: 10887, not: null, src: "all", fwmark: "0xca6c", table: "51820" } as const;

async function reading(setup: Setup): Promise<string[]> {
  await reread(setup);
  await runDue();
  return reported(setup);
}

describe("a rule of another program before ours", () => {
  test("is reported once with what it diverts, and when it is gone", async () => {
    const setup = await setUpSettled();
    await runDue();
    expect(reported(setup)).toEqual([]);
    setup.kernel.run("route add default table 51820 nexthop via 10.0.0.99");
    setup.kernel.foreignRules = [VPN];
    expect(await reading(setup)).toEqual(["10887 all"]);
    expect(await reading(setup)).toEqual(["10887 all"]);
    setup.kernel.foreignRules = [];
    expect(await reading(setup)).toEqual(["10887 all", "none"]);
  });

  test("is not reported when it leads to no route, or comes after ours", async () => {
    const setup = await setUpSettled();
    setup.kernel.foreignRules = [VPN, { ...VPN, priority: 20000, table: "7" }];
    setup.kernel.run("route add default table 7 nexthop via 10.0.0.99");
    expect(await reading(setup)).toEqual([]);
  });

  test("is not reported as a bypass on purpose", async () => {
    const setup = await setUpSettled();
    setup.kernel.run("route add default table 254 nexthop via 10.0.0.99");
    setup.kernel.foreignRules = [{ priority: 100, src: "all", fwmark: "0x1", table: "254" }];
    expect(await reading(setup)).toEqual([]);
  });

  test("has its table read again only after a while, so that a large one costs little", async () => {
    const kernel = new FakeKernel();
    const setup = await setUpSettled(kernel);
    kernel.foreignRules = [VPN];
    let reads = 0;
    const { visitRoutes } = kernel;
    kernel.visitRoutes = async (...given) => {
      reads++;
      await visitRoutes(...given);
    };
    for (let time = 0; time < 5; time++) await reading(setup);
    expect(reads).toBe(1);
    kernel.foreignRules = [{ ...VPN, table: "51821" }];
    await reading(setup);
    expect(reads).toBe(2);
  });

  test("whose table cannot be read does not keep the service from its work", async () => {
    const setup = await setUpSettled();
    setup.kernel.visitRoutes = () => Promise.reject(new Error("it broke"));
    setup.kernel.foreignRules = [VPN];
    expect(await reading(setup)).toEqual([]);
    expect(setup.reconciler.standing.ok).toBe(true);
  });
});
