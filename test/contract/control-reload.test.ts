import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { detourBeside, placeProblemsBeside } from "../../src/config/places-beside.ts";
import { formatCidr } from "../../src/net/cidr.ts";
import { ControlLoop } from "../../src/service/control-loop.ts";
import { GatewayMonitor } from "../../src/service/gateway-monitor.ts";
import { LookUps } from "../../src/service/look-ups.ts";
import { createOtherPools, type SharedPool } from "../../src/service/other-pools.ts";
import { refusing } from "../fakes/gateway.ts";
import { FakeKernel } from "../fakes/kernel.ts";
import { ADDRESSES, type Form, setUpGateways, start } from "./control-reload.fixture.ts";

setDefaultTimeout(120_000);

const [A, B, C] = ADDRESSES;
const { gateways, configOf, reset } = setUpGateways();
afterEach(reset);

const stateOf = ({ routes, rules }: Pick<FakeKernel, "routes" | "rules">): string[] =>
  [...routes, ...rules].map((one) => JSON.stringify(one)).sort();

/** Everything, but of routes only which gateways they are over: in which order depends on what was before. */
const gatewaysOf = ({ routes, rules }: FakeKernel): string[] =>
  stateOf({
    routes: routes.map((route) => {
      const used = new Set(route.nexthops.map(({ gateway }) => gateway));
      return { ...route, nexthops: [...used].sort().map((gateway) => ({ gateway, weight: 1 })) };
    }),
    rules,
  });

/** The share of each gateway in the routes of each table. */
const sharesOf = ({ routes }: FakeKernel): ReadonlyMap<string, number> =>
  new Map(
    routes.flatMap(({ table, destination, nexthops }) => {
      const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
      const weightOf = (one: string): number =>
        nexthops.reduce((sum, { gateway, weight }) => sum + (gateway === one ? weight : 0), 0);
      return nexthops.map(({ gateway }) => {
        return [`${table} ${formatCidr(destination)} ${gateway}`, weightOf(gateway) / total] as const;
      });
    }),
  );

/** A route has at least so many cells, of which a gateway may have one more or less than another start gives it. */
const CELL = 1 / 60;

const pool = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  members: fc
    .tuple(fc.subarray([A, B, C], { minLength: 1 }), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6 }))
    .map(([some, numbers]) =>
      some.map((gateway, index) => ({ gateway, weight: numbers[index]!, tier: Math.min(2, numbers[index + 3]!) })),
    ),
  from: fc.option(fc.constantFrom("10.78.0.0/24", "10.78.0.0/16", "10.79.0.0/24"), { nil: undefined }),
  more: fc.constantFrom(
    "",
    'when-no-gateways = "unreachable"',
    'exclude = ["9.0.0.0/8"]',
    'routes = ["1.0.0.0/8", "2.0.0.0/8"]',
    "table = 300",
    "preference = 20000",
    'when-no-gateways = "blackhole"\nexclude = ["8.0.0.0/8"]\nmin-healthy = 1',
    'flap-hold = "1s"',
    'tier-shortage = "join"\ntier-min = 2',
    'tier-shortage = "join"',
    'placement = "usable"',
    "tier-min = 2",
  ),
});
const form: fc.Arbitrary<Form> = fc.record({
  pools: fc.uniqueArray(pool, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  drained: fc.subarray([A, B, C], { maxLength: 1 }),
  probe: fc.constantFrom("", "fall = 3", 'path = "/x"'),
});

test("a reload ends in the same state of the kernel as a start with the new configuration, whatever was before", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(form, { minLength: 2, maxLength: 4 }), async (forms) => {
      const [first, ...others] = forms as [Form, ...Form[]];
      let config = configOf(first);
      if (config === undefined) return;
      const running = await start(config);
      for (const next of others) {
        const changed = configOf(next, config);
        if (changed === undefined || placeProblemsBeside(config.pools, changed.pools).length > 0) continue;
        expect(await running.reload(changed)).toMatchObject({ remaining: [] });
        await running.settled();
        config = changed;
        const fresh = await start(config);
        await Bun.sleep(60); // gateways that come back together are waited for
        await running.settled();
        expect(gatewaysOf(running.kernel)).toEqual(gatewaysOf(fresh.kernel));
        // Cells of a gateway that is not used are where they were before it left.
        const shares = config.gateways.every(({ drained }) => !drained)
          ? sharesOf(fresh.kernel)
          : new Map<string, number>();
        for (const [key, share] of shares) {
          expect([key, Math.abs(sharesOf(running.kernel).get(key)! - share) <= CELL]).toEqual([key, true]);
        }
        await fresh.end();
        compared++;
      }
      await running.end();
      expect(running.events.filter(({ type }) => type === "trouble" || type === "conflict")).toEqual([]);
    }),
    { numRuns: 40 },
  );
  expect(compared).toBeGreaterThan(10);
});

const TWO: Form = {
  pools: [
    { name: "vpn", members: [A, B], from: "10.78.0.0/24" },
    { name: "rest", members: [C] },
  ],
};

test("another pool, or another threshold, changes nothing of a pool that stays, and probes none of its gateways anew", async () => {
  const config = configOf(TWO)!;
  const { kernel, reload, events } = await start(config);
  const before = [...kernel.commands];
  events.splice(0);
  for (const changed of [
    { pools: [TWO.pools[0]!, { name: "more", members: [B], from: "10.99.0.0/24" }, TWO.pools[1]!] },
    { ...TWO, probe: "fall = 4" },
  ]) {
    await reload(configOf(changed, config)!);
  }
  const commands = kernel.commands.slice(before.length);
  expect(commands.filter((one) => one.includes("table 180") || one.includes("lookup 180"))).toEqual([]);
  expect(events.filter(({ type }) => type === "gateway")).toEqual([]);
});

test("failures of a gateway before a reload count towards a threshold after it", async () => {
  const config = configOf({ ...TWO, probe: "fall = 30" })!;
  const { reload, events, control } = await start(config);
  gateways.get(A)!.becomes(refusing);
  const failuresOf = (): number =>
    events.reduce(
      (most, event) => Math.max(most, event.type === "probe" && event.gateway === A ? event.failures : 0),
      0,
    );
  while (failuresOf() < 3) await Bun.sleep(5);
  await reload(configOf({ pools: [TWO.pools[0]!], probe: "fall = 5" }, config)!);
  while (!events.some((event) => event.type === "gateway" && event.status === "down")) await Bun.sleep(5);
  expect(failuresOf()).toBe(5);
  expect(control.standings).toHaveLength(1);
});

test("pools that are to swap their tables are in each other's way, and get there by a detour", () => {
  const named = (name: string, more: string): Form["pools"][number] => ({ name, members: [A], more });
  const config = configOf({
    pools: [{ ...named("a", "table = 300"), from: "10.1.0.0/16" }, named("b", "table = 301")],
  })!;
  const swapped = configOf(
    { pools: [{ ...named("a", "table = 301"), from: "10.1.0.0/16" }, named("b", "table = 300")] },
    config,
  )!;
  expect(placeProblemsBeside(config.pools, swapped.pools)).toEqual([
    "pool a: the running pool b has table 301 until this reload is over; choose another one, or restart the service",
    "pool b: the running pool a has table 300 until this reload is over; choose another one, or restart the service",
  ]);
  const detour = detourBeside(config.pools, swapped.pools);
  expect(placeProblemsBeside(config.pools, detour)).toEqual([]);
  expect(placeProblemsBeside(detour, swapped.pools)).toEqual([]);
});

test("a removed pool tells the other pools nothing any more once it is out of the kernel", async () => {
  const config = configOf(TWO)!;
  const said: string[] = [];
  const shared = createOtherPools(
    () => [],
    () => {},
  )();
  const others: SharedPool = {
    ...shared,
    publish: () => void said.push("publish"),
    leave: () => void said.push("leave"),
  };
  const [kernel, [pool]] = [new FakeKernel(["127.0.0.1/8"]), config.pools];
  const monitor = new GatewayMonitor({ config, kernel, emit() {} });
  const lookUps = new LookUps(config, () => {});
  const events = { emit() {}, emitOfMachine() {}, onSettled() {} };
  const loop = new ControlLoop({ ...{ config, pool, kernel, monitor, lookUps, others, hasProbes: false }, ...events });
  await loop.adopt();
  loop.retire(true);
  expect(await loop.remove(performance.now() + 1000)).toBe(true);
  loop.end(performance.now() + 1000);
  loop.look("entries");
  await Bun.sleep(5);
  expect(said).toContain("publish");
  expect(said.indexOf("leave")).toBe(said.length - 1);
});

/** A kernel that takes as long to be read as a test wants. */
class SlowKernel extends FakeKernel {
  /** Called before each reading of all that is asked for by then. */
  pause: () => Promise<void> = async () => {};

  override async observeAll(...asked: Parameters<FakeKernel["observeAll"]>) {
    await this.pause();
    return super.observeAll(...asked);
  }
}

test("a pool that is renamed while gateways are probed has its route before it rejects anything, however slow the kernel", async () => {
  const formOf = (name: string): Form => {
    return { limit: "100ms", pools: [{ name, members: [A, B], more: 'when-no-gateways = "unreachable"' }] };
  };
  const kernel = new SlowKernel(["127.0.0.1/8"]);
  const config = configOf(formOf("a"))!;
  const { events, reload } = await start(config, kernel);
  const probesOf = (gateway: string): number =>
    events.filter((event) => event.type === "probe" && event.gateway === gateway).length;
  // A reading for something else, which lasts until the gateways of the new pool have been probed again.
  const isRead = Promise.withResolvers<void>();
  kernel.pause = async () => {
    kernel.pause = async () => {};
    isRead.resolve();
    const goal = Math.max(probesOf(A), probesOf(B)) + 2;
    while (Math.min(probesOf(A), probesOf(B)) < goal) await Bun.sleep(2);
  };
  kernel.report({ kind: "rule" });
  await isRead.promise;
  const before = kernel.commands.length;
  await reload(configOf(formOf("b"), config)!);
  const made = kernel.commands.slice(before);
  const route = made.findIndex((command) => /^route (add|replace) .* via /.test(command));
  const rule = made.findIndex((command) => /^(rule add .* (lookup|unreachable) |route add unreachable )/.test(command));
  expect([route, rule].map((index) => index >= 0)).toEqual([true, true]);
  expect(route).toBeLessThan(rule);
});
