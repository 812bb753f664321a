import { expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { planRouting } from "../../../src/diagnose/routing-plan.ts";
import { FAMILIES, type Family } from "../../../src/net/address.ts";
import { everything, formatCidr, parseHost } from "../../../src/net/cidr.ts";
import { REQUIREMENTS } from "../../../src/pool/gateway-health.ts";
import { Gateways } from "../../../src/pool/gateways.ts";
import { LinkFaults } from "../../../src/pool/link-faults.ts";
import { Pool } from "../../../src/pool/pool.ts";
import { QUORUM_POLICIES } from "../../../src/pool/quorum.ts";
import { TIER_SHORTAGES, type TierRules } from "../../../src/pool/tiers.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import type { RoutingSettings } from "../../../src/routing/decide.ts";
import { MOST_SLOTS } from "../../../src/routing/nexthop-ids.ts";
import { Reconciler } from "../../../src/routing/reconciler.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import type { Change, NextHop } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { TABLE_REF } from "./kernel-facts.fixture.ts";

const GATEWAYS: Readonly<Record<Family, readonly string[]>> = {
  4: ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"],
  6: ["fd00::11", "fd00::12", "fd00::13", "fd00::14"],
};
/** The same by their numbers. */
const NUMBERS = [0, 1, 2, 3];
/** A gateway with an interface of its own. */
const APART = 3;
/** This machine in their network. */
const OWN: Readonly<Record<Family, string>> = { 4: "10.0.0.1/24", 6: "fd00::1/64" };

const GOOD: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
const BAD: ProbeResult = { kind: "failure", seconds: 0.01, code: "refused", detail: "connection refused" };

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

/** What happens between two states in which nothing changes any more. */
interface Step {
  /** Gateways that answer their own probe. */
  readonly healthy: readonly number[];
  /** Gateways through which a target beyond them answers. */
  readonly open: readonly number[];
  readonly dark: readonly string[];
  /** Whether this machine has the address of the first gateway. */
  readonly own: boolean;
}

const family = fc.constantFrom(...FAMILIES);
const options = fc.record({
  requirement: fc.constantFrom(...REQUIREMENTS),
  whenNoGateways: fc.constantFrom("fall-through", "keep", "unreachable", "blackhole"),
  rise: fc.integer({ min: 1, max: 2 }),
  fall: fc.integer({ min: 1, max: 3 }),
  quorum: fc.record({ least: fc.integer({ min: 0, max: 4 }), policy: fc.constantFrom(...QUORUM_POLICIES) }),
  weights: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: NUMBERS.length, maxLength: NUMBERS.length }),
  tiers: fc.option(
    fc.record({
      of: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: NUMBERS.length, maxLength: NUMBERS.length }),
      least: fc.integer({ min: 1, max: 2 }),
      shortage: fc.constantFrom(...TIER_SHORTAGES),
      failbackDelay: fc.constant(0),
    }),
    { nil: undefined },
  ),
});
const step: fc.Arbitrary<Step> = fc.record({
  healthy: fc.subarray(NUMBERS),
  open: fc.subarray(NUMBERS),
  dark: fc.constantFrom([], [], ["eth1"], ["eth0", "eth1"]),
  own: fc.constantFrom(false, false, false, true),
});

function newKernel(): FakeKernel {
  const kernel = new FakeKernel();
  for (const gateways of Object.values(GATEWAYS)) kernel.devices.set(gateways[APART]!, "eth1");
  return kernel;
}

/** Brings about what a step says of interfaces and addresses. */
function enact(kernel: FakeKernel, { dark, own }: Step): void {
  kernel.withoutCarrier = new Set();
  for (const device of dark) kernel.loseCarrier(device);
  const hosts = FAMILIES.map((family) => formatCidr(parseHost(GATEWAYS[family][0]!)!));
  kernel.addresses = [...Object.values(OWN), ...(own ? hosts : [])];
}

/** What each prober finds. */
function resultsOf({ healthy, open }: Step, family: Family): [prober: string, results: Map<string, ProbeResult>][] {
  const resultsAt = (good: readonly number[]): Map<string, ProbeResult> =>
    new Map(GATEWAYS[family].map((gateway, number) => [gateway, good.includes(number) ? GOOD : BAD]));
  return [
    ["http", resultsAt(healthy)],
    ["icmp", resultsAt(open)],
  ];
}

function isHealthy(nexthops: readonly NextHop[], { healthy, open }: Step, { requirement, family }: Given): boolean {
  const sees = (gateway: string): boolean[] =>
    [healthy, open].map((good) => good.includes(GATEWAYS[family].indexOf(gateway)));
  return nexthops.every(({ gateway }) => {
    return requirement === "all" ? sees(gateway).every(Boolean) : sees(gateway).some(Boolean);
  });
}

function settingsOf({ family, whenNoGateways, quorum, weights, tiers }: Given): RoutingSettings {
  return {
    family,
    layout: layoutOf(GATEWAYS[family], weights, family === 6 ? MOST_SLOTS : undefined),
    tiers: tiersOf(family, tiers),
    destinations: { managed: [everything(family)], excluded: [], reserved: [], gateways: [] },
    tableRef: TABLE_REF,
    whenNoGateways,
    quorum,
  };
}

function tiersOf(family: Family, tiers: Options["tiers"]): TierRules | undefined {
  const of = new Map(GATEWAYS[family].map((gateway, number) => [gateway, tiers?.of[number] ?? 1]));
  return tiers && { ...tiers, of };
}

const observe = (kernel: FakeKernel, family: Family) =>
  kernel.observe(TABLE_REF.table, GATEWAYS[family], undefined, family);

async function planOf(kernel: FakeKernel, given: Given, one: Step): Promise<readonly Change[]> {
  const { rise, fall, requirement, family } = given;
  const observed = await observe(kernel, family);
  const probers = resultsOf(one, family).map(([, results]) => ({ thresholds: { rise, fall }, results }));
  const facts = { ...settingsOf(given), observed, probers, requirementOf: () => requirement };
  return planRouting(facts).changes;
}

/** The pool waits so long for other gateways after a total loss, in milliseconds. */
const GATHERING = 45;

/** A service without its schedule: each round probes every gateway once by each prober, and ends when the kernel has settled. */
async function startService(kernel: FakeKernel, given: Given) {
  const { rise, fall, quorum, requirement, tiers, family } = given;
  const gateways = GATEWAYS[family];
  const thresholds = { rise, fall };
  let settled = () => {};
  const probers = [
    { name: "http", thresholds },
    { name: "icmp", thresholds },
  ] as const;
  const health = new Gateways({
    gateways: new Map(gateways.map((gateway) => [gateway, { probers, requirement }])),
    emit() {},
  });
  const pool: Pool = new Pool({
    gateways,
    health,
    linkFaults: new LinkFaults(() => {}),
    flapHold: 0,
    quorum,
    tiers: tiersOf(family, tiers),
    moment: 0,
    emit() {},
    onAllLost() {},
    onChange: () => reconciler.follow(),
  });
  const reconciler = new Reconciler({ ...settingsOf(given), kernel, pool, emit() {}, onSettled: () => settled() });
  health.addFollower(pool);
  const adopted = await reconciler.adopt();
  health.adopt(adopted);
  pool.adopt(adopted);
  await reconciler.prepare();
  let rounds = 0;
  return {
    async round(one: Step): Promise<void> {
      enact(kernel, one);
      reconciler.look("links");
      for (const gateway of gateways) {
        for (const [prober, results] of resultsOf(one, family))
          health.record(gateway, results.get(gateway)!, false, prober);
      }
      if (rounds++ > 0) await Bun.sleep(GATHERING);
      const done = new Promise<void>((resolve) => (settled = resolve));
      reconciler.look("paths");
      await done;
    },
    async stop(): Promise<void> {
      pool.stop();
      await reconciler.leave(performance.now() + 1000);
    },
  };
}

type Options = typeof options extends fc.Arbitrary<infer T> ? T : never;
type Given = Options & { readonly family: Family };

/** All that stands in a kernel, in an order of its own. */
function contentOf({ routes, rules, nexthops }: FakeKernel): string[] {
  return [...routes, ...rules, ...nexthops.of(TABLE_REF.table)].map((entry) => JSON.stringify(entry)).sort();
}

function copyOf(kernel: FakeKernel): FakeKernel {
  const copy = new FakeKernel(kernel.addresses);
  copy.routes = [...kernel.routes];
  copy.rules = [...kernel.rules];
  copy.nexthops.copyFrom(kernel.nexthops);
  copy.devices = kernel.devices;
  copy.withoutCarrier = kernel.withoutCarrier;
  return copy;
}

test("from whatever a service has left, a plan leads to what the next service makes after its first round", async () => {
  await fc.assert(
    fc.asyncProperty(family, options, step, options, step, async (family, one, before, other, after) => {
      const [first, second] = [one, other].map((given): Given => ({ ...given, family })) as [Given, Given];
      const kernel = newKernel();
      const old = await startService(kernel, first);
      await old.round(before);
      await old.stop();
      enact(kernel, after);
      const planned = copyOf(kernel);
      const changes = await planOf(planned, second, after);
      expect(await planned.apply(changes)).toEqual({ ok: true });
      const next = await startService(kernel, second);
      await next.round(after);
      await next.stop();
      expect(contentOf(planned)).toEqual(contentOf(kernel));
    }),
    { numRuns: 300 },
  );
}, 30_000);

test("beside a service that has settled, a plan is empty, through losses, quorums and link failures", async () => {
  await fc.assert(
    fc.asyncProperty(family, options, fc.array(step, { minLength: 2, maxLength: 4 }), async (family, chosen, steps) => {
      const given = { ...chosen, family };
      const kernel = newKernel();
      const service = await startService(kernel, given);
      for (const one of steps) {
        for (let round = 0; round < Math.max(given.rise, given.fall); round++) await service.round(one);
        // A gateway that is used without being healthy counts as healthy until it has failed often enough once more.
        const { routes } = await observe(kernel, family);
        const forgets = given.fall > 1 && routes.some(({ nexthops }) => !isHealthy(nexthops, one, given));
        if (!forgets) expect({ one, plan: await planOf(kernel, given, one) }).toEqual({ one, plan: [] });
      }
      await service.stop();
    }),
    { numRuns: 15 },
  );
}, 30_000);
