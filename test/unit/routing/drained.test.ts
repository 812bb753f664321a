import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { decide, type RoutingSettings } from "../../../src/routing/decide.ts";
import type { Rings } from "../../../src/routing/rings.ts";
import { layoutOf, type Owners } from "../../../src/routing/slots.ts";
import type { Observed } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { destinations, TABLE_REF } from "./plan.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const gatewaysOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`);

const settingsOf = (
  gateways: readonly string[],
  whenNoGateways: RoutingSettings["whenNoGateways"] = "fall-through",
): RoutingSettings => ({
  layout: layoutOf(gateways),
  destinations: destinations(),
  tableRef: TABLE_REF,
  whenNoGateways,
  quorum: { least: 0, policy: "keep" },
});

/** A kernel that accepts each of them as a nexthop. */
const kernelWith = async (gateways: readonly string[]): Promise<Observed> => ({
  ...(await new FakeKernel().observe(TABLE_REF.table, gateways)),
  links: [{ name: "v0", up: true, carrier: true, addresses: [] }],
  devices: new Map(gateways.map((gateway) => [gateway, "v0"])),
  unusable: [],
});

const stateOf = (gateways: readonly string[], healthy: ReadonlySet<string>, drained: ReadonlySet<string>) => ({
  ...{ gateways, healthy, drained },
  holds: new Map<string, number>(),
  lost: [],
});

/** The gateway of each cell. */
const ownersOf = (rings: Rings | undefined): Owners | undefined =>
  rings?.kind === "placed" ? rings.ofTier.get(rings.tier)?.owners : undefined;

/** Gateways, some of which are healthy, that are drained and undrained one after the other. */
const walks = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    down: fc.uniqueArray(fc.nat(count - 1), { maxLength: 3 }),
    toggles: fc.array(fc.nat(count - 1), { maxLength: 30 }),
  }),
);

test("a drain moves only flows of its gateway, and its end only flows that it gets", async () => {
  await fc.assert(
    fc.asyncProperty(walks, async ({ count, down, toggles }) => {
      const gateways = gatewaysOf(count);
      const observed = await kernelWith(gateways);
      const healthy = new Set(gateways.filter((_, index) => !down.includes(index)));
      const settings = settingsOf(gateways);
      const step = (drained: ReadonlySet<string>, rings: Rings | undefined) =>
        decide(settings, stateOf(gateways, healthy, drained), observed, rings);
      let drained: ReadonlySet<string> = new Set();
      let { active, rings } = step(drained, undefined);
      for (const toggled of toggles) {
        drained = drained.symmetricDifference(new Set([gateways[toggled]!]));
        const before = rings;
        const wasActive = active;
        ({ active, rings } = step(drained, before));
        expect(active).toEqual(gateways.filter((gateway) => healthy.has(gateway) && !drained.has(gateway)));
        const [from, to] = [ownersOf(before), ownersOf(rings)];
        if (!from || !to || wasActive.length === 0 || active.length === 0) continue;
        const moved = to.flatMap((owner, cell) => (owner === from[cell] ? [] : [{ from: from[cell]!, to: owner }]));
        const isDrained = drained.has(gateways[toggled]!);
        expect(moved.filter(({ from, to }) => (isDrained ? from : to) !== toggled)).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});

describe("with -when-no-gateways keep", () => {
  const gateways = gatewaysOf(3);
  const [a, b, c] = gateways as [string, string, string];
  const settings = settingsOf(gateways, "keep");
  const nexthopsIn = ({ desired }: ReturnType<typeof decide>) => [
    ...new Set(desired.routes.flatMap(({ nexthops }) => nexthops.map(({ gateway }) => gateway))),
  ];

  test("the routes that are kept leave a drained gateway", async () => {
    const observed = await kernelWith(gateways);
    const { rings } = decide(settings, stateOf(gateways, new Set(gateways), new Set()), observed, undefined);
    const decision = decide(settings, stateOf(gateways, new Set(), new Set([a])), observed, rings);
    expect(nexthopsIn(decision)).toEqual([b, c]);
  });

  test("no route is kept over gateways that are all drained", async () => {
    const observed = await kernelWith(gateways);
    const { rings } = decide(settings, stateOf(gateways, new Set([a]), new Set()), observed, undefined);
    const standing = decide(settings, stateOf(gateways, new Set([a]), new Set()), observed, rings).desired.routes;
    const routes = standing.map((route) => ({ ...route, protocol: 173 }));
    const decision = decide(settings, stateOf(gateways, new Set([a]), new Set([a])), { ...observed, routes }, rings);
    expect(nexthopsIn(decision)).toEqual([]);
  });
});
