import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { adoptJoined } from "../../../src/routing/adopt-joined.ts";
import { type JoinedTiers, joinTiers, routeOfJoined } from "../../../src/routing/joined-tiers.ts";
import { nestSlots, type Tier } from "../../../src/routing/nested-slots.ts";
import { apportion } from "../../../src/routing/slots.ts";
import { loadsOf, show, weightLists } from "./rings.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const tierWith = (tier: number, prefix: string, weights: readonly number[]): Tier => ({
  tier,
  layout: { gateways: weights.map((_, index) => `${prefix}${index}`), weights },
});

const allOf = (...tiers: readonly Tier[]): Set<string> => new Set(tiers.flatMap(({ layout }) => layout.gateways));

describe("slots of several tiers", () => {
  test("have their part of each slot of the tiers before", () => {
    const slots = nestSlots([tierWith(1, "a", [1, 1]), tierWith(2, "b", [1, 1])], 12);
    expect([...slots.values()].map(({ homes }) => homes.join(""))).toEqual(["000000111111", "000111000111"]);
  });

  test("have the sizes that the weights ask for, and differ from their part of each other slot by less than two cells", () => {
    fc.assert(
      fc.property(weightLists(1, 6), weightLists(1, 6), (one, other) => {
        const [first, second] = [...nestSlots([tierWith(1, "a", one), tierWith(2, "b", other)], 120).values()];
        expect(loadsOf(first!.homes, one.length)).toEqual(apportion(120, one));
        expect(loadsOf(second!.homes, other.length)).toEqual(apportion(120, other));
        for (const [home, size] of apportion(120, one).entries()) {
          const within = second!.homes.filter((_, cell) => first!.homes[cell] === home);
          for (const [index, part] of apportion(120, other).entries()) {
            const cells = within.filter((owner) => owner === index).length;
            expect(Math.abs(cells - (part * size) / 120)).toBeLessThan(2);
          }
        }
      }),
    );
  });
});

/** How far the shares of the gateways are from those by weight, in cells. */
function deviations(tiers: readonly Tier[], joined: JoinedTiers, gateways: ReadonlySet<string>): number[] {
  const weights = new Map(
    tiers.flatMap(({ layout }) => layout.gateways.map((gateway, index) => [gateway, layout.weights[index]!] as const)),
  );
  const whole = [...gateways].reduce((sum, gateway) => sum + weights.get(gateway)!, 0);
  const cells = new Map<string, number>();
  for (const { gateway, weight } of routeOfJoined(joined)) cells.set(gateway, (cells.get(gateway) ?? 0) + weight);
  const total = joined.tierAt.length;
  return [...gateways].map((gateway) => (cells.get(gateway) ?? 0) - (total * weights.get(gateway)!) / whole);
}

describe("tiers that join", () => {
  const tiers = [tierWith(1, "a", [2, 1]), tierWith(2, "b", [1]), tierWith(3, "c", [1])];

  test("share out the flows by the weights of all gateways, however many they are", () => {
    const joined = joinTiers(tiers, undefined, { last: 3, gateways: allOf(...tiers) });
    expect(deviations(tiers, joined, allOf(...tiers)).map(Math.round)).toEqual([0, 0, 0, 0]);
  });

  test("use no gateway of a tier that is not in use", () => {
    const joined = joinTiers(tiers, undefined, { last: 1, gateways: allOf(...tiers) });
    expect(show(routeOfJoined(joined))).toBe("a080 a140");
  });

  test("are within four cells of the weights when a tier joins one that has lost gateways", () => {
    const some = fc.tuple(weightLists(2, 6), weightLists(1, 6)).chain(([one, other]) =>
      fc.record({
        one: fc.constant(one),
        other: fc.constant(other),
        left: fc.subarray([...one.keys()], { minLength: 1 }),
      }),
    );
    fc.assert(
      fc.property(some, ({ one, other, left }) => {
        const both = [tierWith(1, "a", one), tierWith(2, "b", other)];
        const before = joinTiers(both, undefined, { last: 1, gateways: allOf(both[0]!) });
        const gateways = new Set([...left.map((index) => `a${index}`), ...allOf(both[1]!)]);
        const whole = [...left.map((index) => one[index]!), ...other].reduce((sum, weight) => sum + weight, 0);
        fc.pre([...left.map((index) => one[index]!), ...other].every((weight) => (120 * weight) / whole >= 1));
        const joined = joinTiers(both, before, { last: 2, gateways });
        const most = Math.max(...deviations(both, joined, gateways).map(Math.abs));
        expect(most).toBeLessThan(4);
      }),
    );
  });

  test("are read back from the route, whatever tier serves which cell", () => {
    const joined = joinTiers(tiers, undefined, { last: 3, gateways: new Set(["a1", "b0", "c0"]) });
    const again = joinTiers(tiers, adoptJoined(tiers, routeOfJoined(joined)), {
      last: 3,
      gateways: new Set(["a1", "b0", "c0"]),
    });
    expect(show(routeOfJoined(again))).toBe(show(routeOfJoined(joined)));
  });

  test("are read back from routes that were cut in another number of cells", () => {
    const nexthops = [
      { gateway: "a0", weight: 4 },
      { gateway: "b0", weight: 3 },
    ];
    const adopted = adoptJoined(tiers, nexthops);
    expect(adopted.tierAt).toHaveLength(154);
    const again = joinTiers(tiers, adopted, { last: 2, gateways: new Set(["a0", "b0"]) });
    expect(show(routeOfJoined(again))).toBe("a088 b066");
  });
});
