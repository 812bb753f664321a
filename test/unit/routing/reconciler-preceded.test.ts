/** Rules of other programs before ours: the reconciler reports which packets they keep from the gateways. */
import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { formatCidr } from "../../../src/net/cidr.ts";
import type { Diversion } from "../../../src/routing/diversions.ts";
import { runDue } from "../../fixtures/fake-time.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { GATEWAYS, reread, settleWith, type Setup, setUp, setUpSettled } from "./reconciler.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const nameOf = (one: Diversion): string =>
  "rule" in one ? String(one.rule.preference) : formatCidr(one.route.destination);

/** What was reported, as the preferences of the rules, or the destinations of the routes, and their extents. */
const reported = ({ events }: Setup): string[] =>
  events.flatMap((event) =>
    event.type === "preceded" ? event.diversions.map((one) => `${nameOf(one)} ${one.extent}`).join(", ") || "none" : [],
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

  test("is known while it keeps all packets from the gateways, and not when it keeps some", async () => {
    const setup = await setUpSettled();
    expect(setup.reconciler.diversion).toBeUndefined();
    setup.kernel.run("route add default table 51820 nexthop via 10.0.0.99");
    setup.kernel.foreignRules = [{ ...VPN, dst: "198.51.100.0", dstlen: 24 }];
    expect(await reading(setup)).toEqual(["10887 some"]);
    expect(setup.reconciler.diversion).toBeUndefined();
    setup.kernel.foreignRules = [VPN];
    await reading(setup);
    expect(setup.reconciler.diversion).toMatchObject({ extent: "all" });
    setup.kernel.foreignRules = [];
    await reading(setup);
    expect(setup.reconciler.diversion).toBeUndefined();
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
    kernel.run("route add default table 51821 nexthop via 10.0.0.99");
    expect(await reading(setup)).toEqual([]);
    jest.advanceTimersByTime(10_000);
    expect(await reading(setup)).toEqual(["10887 all"]);
    expect(reads).toBe(3);
  });

  test("has a table that took long to read read again after twenty times as long", async () => {
    const setup = await setUpSettled();
    setup.kernel.foreignRules = [VPN];
    const reads: (() => void)[] = [];
    setup.kernel.visitRoutes = () => new Promise((resolve) => void reads.push(resolve));
    await reading(setup);
    jest.advanceTimersByTime(2000);
    reads[0]!();
    await runDue();
    jest.advanceTimersByTime(39_000);
    await reading(setup);
    expect(reads).toHaveLength(1);
    jest.advanceTimersByTime(1000);
    await reading(setup);
    expect(reads).toHaveLength(2);
  });

  test("that comes while the table of another one is read is reported right after that", async () => {
    const setup = await setUpSettled();
    const { kernel } = setup;
    const { visitRoutes } = kernel;
    kernel.run("route add default table 7 nexthop via 10.0.0.99");
    kernel.foreignRules = [VPN];
    let finish = (): void => {};
    kernel.visitRoutes = () => new Promise((resolve) => void (finish = resolve));
    await reading(setup);
    kernel.foreignRules = [VPN, { ...VPN, priority: 10886, table: "7" }];
    expect(await reading(setup)).toEqual([]);
    kernel.visitRoutes = visitRoutes;
    finish();
    await runDue();
    expect(reported(setup)).toEqual(["10886 all"]);
  });

  test("whose table cannot be read does not keep the service from its work", async () => {
    const setup = await setUpSettled();
    setup.kernel.visitRoutes = () => Promise.reject(new Error("it broke"));
    setup.kernel.foreignRules = [VPN];
    expect(await reading(setup)).toEqual([]);
    expect(setup.reconciler.standing.ok).toBe(true);
  });
});

describe("a route of another program in our table", () => {
  test("that is narrower than ours is reported once, and when it is gone, also with a kill switch and no gateway", async () => {
    for (const gateways of [GATEWAYS, []]) {
      const setup = setUp(new FakeKernel(), "unreachable");
      await settleWith(setup, ...gateways);
      expect(reported(setup)).toEqual([]);
      setup.kernel.run("route add 8.0.0.0/7 table 180 nexthop via 10.0.0.99");
      expect(await reading(setup)).toEqual(["8.0.0.0/7 some"]);
      expect(await reading(setup)).toEqual(["8.0.0.0/7 some"]);
      setup.kernel.routes = setup.kernel.routes.filter(({ destination }) => formatCidr(destination) !== "8.0.0.0/7");
      jest.advanceTimersByTime(2000);
      expect(await reading(setup)).toEqual(["8.0.0.0/7 some", "none"]);
    }
  });

  test("that comes within 2 s of another one is reported after them, so that a flood of routes is a few reports", async () => {
    const setup = await setUpSettled();
    setup.kernel.run("route add 8.0.0.0/7 table 180 nexthop via 10.0.0.99");
    await reading(setup);
    setup.kernel.run("route add 16.0.0.0/7 table 180 nexthop via 10.0.0.99");
    expect(await reading(setup)).toEqual(["8.0.0.0/7 some"]);
    jest.advanceTimersByTime(2000);
    expect(await reading(setup)).toEqual(["8.0.0.0/7 some", "8.0.0.0/7 some, 16.0.0.0/7 some"]);
  });

  test("is reported beside a rule", async () => {
    const setup = await setUpSettled();
    setup.kernel.run("route add default table 51820 nexthop via 10.0.0.99");
    setup.kernel.foreignRules = [VPN];
    await reading(setup);
    setup.kernel.run("route add 8.0.0.0/7 table 180 nexthop via 10.0.0.99");
    expect((await reading(setup)).at(-1)).toBe("10887 all, 8.0.0.0/7 some");
  });

  test("is one of twenty that are reported at most", async () => {
    const setup = await setUpSettled();
    for (let net = 1; net <= 30; net++) {
      setup.kernel.run(`route add ${net}.0.0.0/8 table 180 nexthop via 10.0.0.99`);
    }
    expect((await reading(setup))[0]!.split(", ")).toHaveLength(20);
  });
});
