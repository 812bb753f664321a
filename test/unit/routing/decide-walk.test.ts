import { expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import type { NexthopFaultCode } from "../../../src/pool/nexthop-fault.ts";
import { QUORUM_POLICIES } from "../../../src/pool/quorum.ts";
import { NO_TIER_YET, TIER_SHORTAGES, type TierState } from "../../../src/pool/tiers.ts";
import { decide, type RoutingSettings } from "../../../src/routing/decide.ts";
import { findRings, type Rings } from "../../../src/routing/rings.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { type Observed, PROTOCOL } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { destinations, TABLE_REF } from "./plan.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const GATEWAYS = [..."abcdef"];
const nothing = await new FakeKernel().observe(TABLE_REF.table, []);
const numbers = (max: number) =>
  fc.array(fc.integer({ min: 1, max }), { minLength: GATEWAYS.length, maxLength: GATEWAYS.length });
const some = fc.subarray(GATEWAYS);

const settings: fc.Arbitrary<RoutingSettings> = fc
  .record({
    weights: numbers(100),
    tiers: fc.option(
      fc.record({
        of: numbers(3).map((tiers) => new Map(GATEWAYS.map((gateway, index) => [gateway, tiers[index]!]))),
        least: fc.integer({ min: 1, max: 4 }),
        shortage: fc.constantFrom(...TIER_SHORTAGES),
        failbackDelay: fc.constantFrom(0, 15),
      }),
      { nil: undefined },
    ),
    whenNoGateways: fc.constantFrom("fall-through", "keep"),
    quorum: fc.record({ least: fc.integer({ min: 0, max: 4 }), policy: fc.constantFrom(...QUORUM_POLICIES) }),
  })
  .map(({ weights, ...rest }) => ({
    ...rest,
    layout: layoutOf(GATEWAYS, weights),
    destinations: destinations({ gateways: [] }),
    tableRef: TABLE_REF,
  }));

const moments = fc.array(
  fc.record({ healthy: some, held: some, lost: some, leaking: some, unusable: some, restart: fc.boolean() }),
  { minLength: 1, maxLength: 15 },
);

const found = fc.array(
  fc.record({ gateway: fc.constantFrom(...GATEWAYS, "z"), weight: fc.integer({ min: 1, max: 256 }) }),
  {
    maxLength: 8,
  },
);

test("whatever gateways, weights and tiers there are, the routes are over exactly the gateways to use", () => {
  fc.assert(
    fc.property(settings, found, moments, (given, nexthops, all) => {
      const route = { family: 4, table: 180, type: "unicast", metric: 0, protocol: PROTOCOL } as const;
      const destination = given.destinations.managed[0]!;
      let rings: Rings | undefined = findRings(given, [{ ...route, destination, nexthops }]);
      let tiers: TierState = { ...NO_TIER_YET, inUse: rings?.tier };
      all.forEach(({ healthy, held, lost, leaking, unusable, restart }, index) => {
        const fault = { code: "no-route" as NexthopFaultCode, detail: "" };
        const observed: Observed = { ...nothing, unusable: unusable.map((gateway) => ({ gateway, fault })) };
        const free = healthy.filter((gateway) => !leaking.includes(gateway));
        const holds = new Map(
          held.filter((gateway) => free.includes(gateway)).map((gateway) => [gateway, 1000 + index]),
        );
        const state = {
          gateways: GATEWAYS,
          healthy: new Set(free),
          holds,
          lost: lost.filter((gateway) => !free.includes(gateway)),
          leaking: new Set(leaking),
          tiers: { ...tiers, now: index * 10 },
        };
        const decision = decide(given, state, observed, rings);
        const routes = decision.desired.routes.filter(({ type }) => type === "unicast");
        const over = new Set(routes.flatMap((one) => one.nexthops.map(({ gateway }) => gateway)));
        if (decision.active.length > 0) expect(over).toEqual(new Set(decision.active));
        expect([...over].filter((gateway) => leaking.includes(gateway) || unusable.includes(gateway))).toEqual([]);
        for (const { nexthops: made } of routes) {
          expect(made.length).toBeLessThanOrEqual(160);
          expect(made.every(({ weight }) => weight >= 1 && weight <= 256)).toBe(true);
        }
        rings = decision.rings;
        tiers = { ...(decision.selection.tiers ?? NO_TIER_YET), now: 0 };
        if (restart)
          rings = findRings(
            given,
            routes.map((one) => ({ ...one, protocol: PROTOCOL })),
          );
      });
    }),
    { numRuns: 300 },
  );
});
