import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { formatCidr, networkOf } from "../../../src/net/cidr.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import { type Desired } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { PLACE, NOBODY, cidrs, hops, destinations, planned, kernelWith } from "./plan.fixture.ts";

/** A property takes seconds on a machine that is busy with other tests. */
const PATIENCE_MS = 60_000;

describe("properties", () => {
  /** Networks that nest and touch, so that every kind of overlap comes up. */
  const network = fc
    .tuple(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.constantFrom(0, 1, 2, 3))
    .map(([prefix, bits]) => networkOf({ family: 4, bits: (bits << 22) >>> 0 }, prefix));
  const networks = fc.uniqueArray(network, { maxLength: 5, selector: formatCidr });
  const nexthops = fc.constantFrom(hops(), hops("10.0.0.11"), hops("10.0.0.11", "10.0.0.12"), hops("10.0.0.13"));
  const refusing = fc.constantFrom(undefined, "unreachable" as const, "blackhole" as const);
  const state = fc
    .record({ managed: networks, excluded: networks, reserved: networks, nexthops, refusing })
    .map(({ nexthops, refusing: how, ...rest }) =>
      desiredState(destinations(rest), cidrs("10.0.0.0/24"), nexthops, PLACE, how),
    );
  const anyState = fc.oneof({ weight: 5, arbitrary: state }, { weight: 1, arbitrary: fc.constant(NOTHING) });

  const samples = Array.from({ length: 64 }, (_, index) =>
    formatAddress({ family: 4, bits: (index << 20) >>> 0 }),
  ).concat("10.0.0.11", "200.1.1.1");
  const decisions = (kernel: FakeKernel): string[] => samples.map((address) => kernel.lookup(address));

  async function settle(kernel: FakeKernel, desired: Desired): Promise<void> {
    const { changes } = planChanges(await kernel.observe(PLACE.table, []), desired, PLACE, NOBODY);
    expect(await kernel.apply(changes, PLACE.table)).toEqual({ ok: true });
  }

  test(
    "planning what is already there is empty",
    async () => {
      await fc.assert(
        fc.asyncProperty(anyState, anyState, async (first, second) => {
          const kernel = new FakeKernel();
          await settle(kernel, first);
          await settle(kernel, second);
          expect(await planned(kernel, second)).toEqual([]);
        }),
      );
    },
    PATIENCE_MS,
  );

  test(
    "after every step each destination goes where it went before or where it will go in the end",
    async () => {
      await fc.assert(
        fc.asyncProperty(anyState, anyState, fc.boolean(), async (first, second, ruleLost) => {
          const kernel = new FakeKernel();
          await settle(kernel, first);
          if (ruleLost) kernel.rules = [];
          const before = decisions(kernel);
          const goal = new FakeKernel();
          await settle(goal, second);
          const after = decisions(goal);
          for (const change of planChanges(await kernel.observe(PLACE.table, []), second, PLACE, NOBODY).changes) {
            await kernel.apply([change], PLACE.table);
            decisions(kernel).forEach((now, index) => expect([before[index], after[index]]).toContain(now));
          }
          expect(decisions(kernel)).toEqual(after);
        }),
        { numRuns: 300 },
      );
    },
    PATIENCE_MS,
  );

  /** Where each destination goes when somebody else has emptied the table. */
  const withoutRoutes = (kernel: FakeKernel): string[] => {
    const emptied = new FakeKernel();
    emptied.rules = kernel.rules;
    return decisions(emptied);
  };

  test(
    "so it is when somebody empties the table after any step",
    async () => {
      await fc.assert(
        fc.asyncProperty(anyState, anyState, async (first, second) => {
          const kernel = new FakeKernel();
          await settle(kernel, first);
          const before = withoutRoutes(kernel);
          const goal = new FakeKernel();
          await settle(goal, second);
          const after = withoutRoutes(goal);
          for (const change of planChanges(await kernel.observe(PLACE.table, []), second, PLACE, NOBODY).changes) {
            await kernel.apply([change], PLACE.table);
            withoutRoutes(kernel).forEach((now, index) => expect([before[index], after[index]]).toContain(now));
          }
        }),
        { numRuns: 300 },
      );
    },
    PATIENCE_MS,
  );

  test(
    "with the table whole or empty, what is managed is refused or routed, and everything else goes on",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({ managed: networks, excluded: networks, reserved: networks }),
          nexthops,
          async (given, ways) => {
            const kernel = new FakeKernel();
            const open = new FakeKernel();
            const desired = (how?: "prohibit") =>
              desiredState(destinations(given), cidrs("10.0.0.0/24"), how ? ways : hops("10.0.0.11"), PLACE, how);
            await settle(kernel, desired("prohibit"));
            await settle(open, desired());
            const managed = decisions(open).map((way) => way !== "main");
            const [whole, empty] = [decisions(kernel), withoutRoutes(kernel)];
            const routed = ways.length === 0 ? "prohibit" : ways.map(({ gateway }) => `${gateway}*1`).join(" ");
            expect(whole).toEqual(managed.map((is) => (is ? routed : "main")));
            expect(empty).toEqual(managed.map((is) => (is ? "prohibit" : "main")));
          },
        ),
        { numRuns: 300 },
      );
    },
    PATIENCE_MS,
  );

  test(
    "removal leaves exactly what was there before us",
    async () => {
      await fc.assert(
        fc.asyncProperty(anyState, async (wanted) => {
          const kernel = kernelWith(
            "route add throw 77.0.0.0/8 table 180 proto 4",
            "rule add pref 5 from all lookup 7 protocol 4",
          );
          const before = JSON.stringify([kernel.routes, kernel.rules]);
          await settle(kernel, wanted);
          await settle(kernel, NOTHING);
          expect(JSON.stringify([kernel.routes, kernel.rules])).toBe(before);
        }),
      );
    },
    PATIENCE_MS,
  );
});
