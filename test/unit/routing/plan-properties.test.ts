import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { cidrs, commandsFor, destinations, hops, kernelWith, planFor, reach, TABLE_REF } from "./plan.fixture.ts";
import { lookUpAll, networks } from "./samples.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const someNetworks = networks(0, 5);
const someDestinations = { managed: someNetworks, excluded: someNetworks, reserved: someNetworks };
const someNexthops = fc.constantFrom(hops(), hops("10.0.0.11"), hops("10.0.0.11", "10.0.0.12"), hops("10.0.0.13"));
const state = fc
  .record({
    ...someDestinations,
    nexthops: someNexthops,
    reject: fc.constantFrom(undefined, "unreachable" as const, "blackhole" as const),
  })
  .map(({ nexthops, reject, ...given }) =>
    desiredState(destinations(given), cidrs("10.0.0.0/24"), nexthops, TABLE_REF, reject),
  );
const anyState = fc.oneof({ weight: 5, arbitrary: state }, { weight: 1, arbitrary: fc.constant(NOTHING) });

/** What happens to packets once another program has emptied the table. */
function lookUpAllWithoutRoutes({ rules }: FakeKernel): string[] {
  const emptied = new FakeKernel();
  emptied.rules = rules;
  return lookUpAll(emptied);
}

describe("plans between random states", () => {
  test("a plan for the present state is empty", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, async (first, second) => {
        const kernel = await reach(await reach(new FakeKernel(), first), second);
        expect(await commandsFor(kernel, second)).toEqual([]);
      }),
    );
  });

  test.each([
    ["", lookUpAll],
    [", also once another program has emptied the table", lookUpAllWithoutRoutes],
  ] as const)(
    "after each step of a plan every packet is treated as before the plan or as after it%s",
    async (_, lookUp) => {
      await fc.assert(
        fc.asyncProperty(anyState, anyState, fc.boolean(), async (first, second, ruleLost) => {
          const kernel = await reach(new FakeKernel(), first);
          if (ruleLost) kernel.rules = [];
          const before = lookUp(kernel);
          const after = lookUp(await reach(new FakeKernel(), second));
          for (const change of (await planFor(kernel, second)).changes) {
            await kernel.apply([change]);
            lookUp(kernel).forEach((now, index) => expect([before[index], after[index]]).toContain(now));
          }
          expect(lookUp(kernel)).toEqual(after);
        }),
        { numRuns: 300 },
      );
    },
  );

  test("with a kill switch managed packets are routed or rejected and all others pass, also once the table is emptied", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(someDestinations), someNexthops, async (given, nexthops) => {
        const desired = (over: typeof nexthops, reject?: "prohibit") =>
          desiredState(destinations(given), cidrs("10.0.0.0/24"), over, TABLE_REF, reject);
        const open = await reach(new FakeKernel(), desired(hops("10.0.0.11")));
        const kernel = await reach(new FakeKernel(), desired(nexthops, "prohibit"));
        const managed = lookUpAll(open).map((outcome) => outcome !== "main");
        const routed = nexthops.length === 0 ? "prohibit" : nexthops.map(({ gateway }) => `${gateway}*1`).join(" ");
        expect(lookUpAll(kernel)).toEqual(managed.map((is) => (is ? routed : "main")));
        expect(lookUpAllWithoutRoutes(kernel)).toEqual(managed.map((is) => (is ? "prohibit" : "main")));
      }),
      { numRuns: 300 },
    );
  });

  test("a plan that removes everything leaves exactly the entries of other programs", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, async (desired) => {
        const kernel = kernelWith(
          "route add throw 77.0.0.0/8 table 180 proto 4",
          "rule add pref 5 from all lookup 7 protocol 4",
        );
        const before = JSON.stringify([kernel.routes, kernel.rules]);
        await reach(await reach(kernel, desired), NOTHING);
        expect(JSON.stringify([kernel.routes, kernel.rules])).toBe(before);
      }),
    );
  });
});
