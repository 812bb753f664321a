import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { TIER_SHORTAGES, type TierRules } from "../../../src/pool/tiers.ts";
import { findRings, haveSameRings, type Rings, ringsWith, routeOfRings } from "../../../src/routing/rings.ts";
import { apportion, layoutOf } from "../../../src/routing/slots.ts";
import { type NextHop, PROTOCOL } from "../../../src/routing/types.ts";
import { gatewayAt, gatewaysAt, sharesIn, show, weightLists } from "./rings.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

type Settings = Parameters<typeof ringsWith>[0];

/** The rings of gateways a, b, c and so on with these weights and tiers. */
function settingsOf(weights: readonly number[], tiers: readonly number[], shortage: TierRules["shortage"]) {
  const gateways = weights.map((_, index) => gatewayAt(index));
  const of = new Map(gateways.map((gateway, index) => [gateway, tiers[index]!]));
  return { layout: layoutOf(gateways, weights), tiers: { of, shortage, least: 1, failbackDelay: 0 } };
}

/** What the next run of the service finds of a route. */
const foundIn = (settings: Settings, nexthops: readonly NextHop[]): Rings | undefined =>
  findRings(settings, [{ type: "unicast", protocol: PROTOCOL, nexthops } as never]);

const routeWith = (settings: Settings, before: Rings | undefined, gateways: Iterable<string>): readonly NextHop[] =>
  routeOfRings(ringsWith(settings, before, new Set(gateways)));

const nexthopsIn = (text: string): NextHop[] =>
  text.split(" ").map((part) => ({ gateway: part[0]!, weight: Number(part.slice(1)) }));

describe("what an earlier run has left", () => {
  const settings = settingsOf([1, 1], [1, 2], "join");
  const [own, nexthops] = [{ type: "unicast", protocol: PROTOCOL }, nexthopsIn("a1 b1")];

  test.each([
    [
      "is the route over gateways",
      [
        { ...own, type: "throw", nexthops: [] },
        { ...own, nexthops },
      ],
      nexthops,
    ],
    ["is nothing of another program", [{ ...own, protocol: 3, nexthops }], undefined],
    ["is nothing that rejects packets", [{ ...own, type: "unreachable", nexthops }], undefined],
    ["is nothing over other gateways", [{ ...own, nexthops: nexthopsIn("y1 z1") }], undefined],
  ])("%s", (_, routes, found) => {
    const rings = findRings(settings, routes as never);
    expect(rings && routeOfRings(rings)).toEqual(found);
  });

  test("tells which tier is in use", () => {
    expect([nexthopsIn("a1 z1"), nexthops].map((some) => foundIn(settings, some)?.tier)).toEqual([1, 2]);
  });
});

describe("the ring of tiers that join", () => {
  test("gives a light gateway a cell behind nexthops that leave it none", () => {
    const settings = settingsOf([24, 96, 1], [1, 2, 1], "join");
    const before = foundIn(settings, nexthopsIn("a24 b96"));
    expect(sharesIn(routeWith(settings, before, "abc"))).toEqual({ a: 24, b: 95, c: 1 });
  });

  test("is cut by other weights after a restart, and only the cells move that one gateway has too much", () => {
    const before = routeWith(settingsOf([1, 1], [1, 2], "join"), undefined, "ab");
    expect(show(before)).toBe("a1 b1");
    const settings = settingsOf([2, 1], [1, 2], "join");
    expect(show(routeWith(settings, foundIn(settings, before), "ab"))).toBe("a2 b1");
  });

  test("is cut by the weights of those that are usable, not only by slots, if the weights are others", () => {
    const before = routeWith(settingsOf([1, 1, 1], [1, 1, 1], "join"), undefined, "ab");
    const settings = settingsOf([1, 3, 1], [1, 1, 1], "join");
    expect(sharesIn(routeWith(settings, foundIn(settings, before), "ab"))).toEqual({ a: 1, b: 3 });
  });

  test("moves no cell of a gateway that stays where those of another one are enough for a tier that joins", () => {
    const settings = settingsOf([1, 1, 1, 1], [1, 1, 2, 2], "join");
    const alone = ringsWith(settings, undefined, new Set("ab"));
    const joined = ringsWith(settings, alone, new Set("acd"));
    expect([alone, joined].map((rings) => show(routeOfRings(rings)))).toEqual(["a1 b1", "a2 c1 d1"]);
    expect(show(routeWith(settings, joined, "ab"))).toBe("a1 b1");
  });

  test("leaves a gateway that stays what no other one lacks when a tier leaves", () => {
    const settings = settingsOf([1, 1, 1, 1, 1], [1, 1, 1, 1, 2], "join");
    let rings: Rings | undefined;
    for (const gateways of ["a", "ae", "abe", "abc"]) rings = ringsWith(settings, rings, new Set(gateways));
    expect(sharesIn(routeOfRings(rings!))).toEqual({ a: 10, b: 5, c: 5 });
  });

  test("takes what a tier that joins lacks from the gateway with most cells for its weight", () => {
    const settings = settingsOf([1, 1, 1, 1], [1, 1, 1, 2], "join");
    let rings: Rings | undefined;
    const shares = ["a", "ab", "abd"].map((gateways) => {
      rings = ringsWith(settings, rings, new Set(gateways));
      return sharesIn(routeOfRings(rings));
    });
    expect(shares).toEqual([{ a: 1 }, { a: 2, b: 1 }, { a: 5, b: 4, d: 3 }]);
  });

  test("gives the cells of lost gateways, before others, to one that stays and has less than its slot", () => {
    const settings = settingsOf([5, 5, 1, 19, 1], [1, 1, 1, 1, 2], "join"); // slots of 20, 20, 4 and 76 cells in tier 1
    const before = nexthopsIn("a40 e2 b2 c76");
    const places = gatewaysAt(before);
    const after = gatewaysAt(routeWith(settings, foundIn(settings, before), "abd"));
    const ofA = after.filter((_, place) => places[place] === "a");
    expect(new Set(ofA)).toEqual(new Set("ad"));
  });

  test("moves cells within a tier that stays if those of a tier that leaves are too few for the slots", () => {
    const settings = settingsOf([1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 2, 2, 2, 2], "join");
    let rings: Rings | undefined;
    const shares = ["a", "ae", "abe", "abce", "abcd"].map((gateways) => {
      rings = ringsWith(settings, rings, new Set(gateways));
      return sharesIn(routeOfRings(rings));
    });
    expect(shares.at(-2)).toEqual({ a: 5, b: 1, c: 1, e: 1 }); // of eight parts, of which e leaves one to b and c
    expect(shares.at(-1)).toEqual({ a: 2, b: 2, c: 2, d: 2 });
  });

  test("is in the cells that an earlier run has left, whatever their number", () => {
    const settings = settingsOf([2, 1, 1], [1, 1, 2], "join");
    const found = ringsWith(settings, foundIn(settings, nexthopsIn("a4 c3")), new Set("ac"));
    expect(show(routeOfRings(found))).toBe("a4 c3");
    expect(sharesIn(routeWith(settings, found, "abc"))).toEqual({ a: 2, b: 1, c: 1 });
  });

  test("is as it was before when a tier that has joined leaves, whichever gateways had its cells", () => {
    const cases = fc.integer({ min: 1, max: 5 }).chain((count) =>
      fc.record({
        weights: weightLists(count + 3, count + 3),
        found: fc.array(fc.nat(count - 1).map(gatewayAt), { minLength: 12, maxLength: 12 }),
        left: fc.subarray([...Array(count).keys()].map(gatewayAt)),
        joined: fc.subarray([count, count + 1, count + 2].map(gatewayAt), { minLength: 1 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ weights, found, left, joined }) => {
        const count = weights.length - 3;
        const settings = settingsOf(weights, [...Array<number>(count).fill(1), 2, 2, 2], "join");
        const all = new Set([...Array(count).keys()].map(gatewayAt));
        const nexthops = found.map((gateway) => ({ gateway, weight: 10 }));
        const before = ringsWith(settings, foundIn(settings, nexthops), all);
        const meanwhile = ringsWith(settings, before, new Set([...left, ...joined]));
        expect(show(routeWith(settings, meanwhile, all))).toBe(show(routeOfRings(before)));
      }),
    );
  });

  test.each([
    [120, 120],
    [121, 160],
    [160, 160],
    [254, 254],
  ])("of %d gateways has %d cells", (count, cells) => {
    const tiers = Array.from({ length: count }, (_, index) => 1 + (index % 2));
    const weights = tiers.map((tier) => 3 * tier);
    const settings = settingsOf(weights, tiers, "join");
    const first = ringsWith(settings, undefined, new Set(["a"]));
    const joined = ringsWith(settings, first, new Set(settings.layout.gateways));
    for (const { ofTier, tier } of [first, joined].filter((rings) => rings.kind === "placed")) {
      expect(ofTier.get(tier)!.owners).toHaveLength(cells);
    }
    expect(new Set(routeOfRings(joined).map(({ gateway }) => gateway)).size).toBe(count);
  });

  test("gives up to 254 gateways of any weights one cell each at least, in whatever order tiers join", () => {
    const pools = weightLists(2, 254).chain((weights) =>
      fc.record({
        weights: fc.constant(weights),
        tiers: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: weights.length, maxLength: weights.length }),
        sets: fc.array(fc.subarray([...weights.keys()], { minLength: 1 }), { minLength: 1, maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(pools, ({ weights, tiers, sets }) => {
        const settings = settingsOf(weights, tiers, "join");
        let rings: Rings | undefined;
        for (const set of [...sets, [...weights.keys()]]) {
          const gateways = new Set(set.map(gatewayAt));
          rings = ringsWith(settings, rings, gateways);
          const route = routeOfRings(rings);
          expect(new Set(route.map(({ gateway }) => gateway))).toEqual(gateways);
          expect(route.length).toBeLessThanOrEqual(Math.max(160, weights.length));
        }
      }),
    );
  });
});

test("the ring of a tier that takes the place of another is cut as if there were no others", () => {
  const settings = settingsOf([1, 1, 1, 1, 1, 1, 1, 1], [1, 2, 2, 2, 2, 2, 2, 2], "replace");
  expect(show(routeWith(settings, undefined, "bcdefgh"))).toBe("b1 c1 d1 e1 f1 g1 h1");
});

/** Sets of gateways that carry the traffic one after the other, and restarts. */
const walks = fc.integer({ min: 2, max: 8 }).chain((count) =>
  fc.record({
    weights: weightLists(count, count),
    tiers: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: count, maxLength: count }),
    shortage: fc.constantFrom(...TIER_SHORTAGES),
    steps: fc.array(
      fc.record({
        gateways: fc.subarray([...Array(count).keys()].map(gatewayAt), { minLength: 1 }),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  }),
);

interface Moment {
  /** Whether the service has been restarted just before. */
  readonly restart: boolean;
  readonly before: readonly NextHop[] | undefined;
  readonly after: readonly NextHop[];
  /** In how many cells the ring is cut after. */
  readonly cells: number;
  /** Shares before and after, in cells of the ring after. */
  readonly had: ReadonlyMap<string, number>;
  readonly has: ReadonlyMap<string, number>;
  /** How many cells the slots have of all gateways of the tiers in use, and the parts by weight of those that are used. */
  readonly slots: ReadonlyMap<string, number>;
  readonly parts: ReadonlyMap<string, number>;
}

const cellsIn = (nexthops: readonly NextHop[], cells: number): Map<string, number> => {
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(Object.entries(sharesIn(nexthops)).map(([gateway, weight]) => [gateway, (weight * cells) / total]));
};

/** Follows the rings of some gateways of which with `replace` only those of the best tier carry traffic. */
function follow(
  { weights, tiers, shortage, steps }: typeof walks extends fc.Arbitrary<infer T> ? T : never,
  onStep: (moment: Moment) => void,
) {
  const settings = settingsOf(weights, tiers, shortage);
  const { of } = settings.tiers;
  let rings: Rings | undefined;
  for (const { gateways, restart } of steps) {
    const best = Math.min(...gateways.map((gateway) => of.get(gateway)!));
    const used = gateways.filter((gateway) => shortage === "join" || of.get(gateway) === best);
    const before = rings && routeOfRings(rings);
    if (before && restart) rings = foundIn(settings, before);
    rings = ringsWith(settings, rings, new Set(used));
    if (rings.kind === "found") throw new Error("rings are not placed");
    const { layout, owners } = rings.ofTier.get(rings.tier)!;
    const cells = owners.length;
    const whole = used.reduce((sum, gateway) => sum + weights[settings.layout.gateways.indexOf(gateway)]!, 0);
    const sizes = apportion(cells, layout.weights);
    const after = routeOfRings(rings);
    onStep({
      ...{
        restart,
        before,
        after,
        cells,
        had: before ? cellsIn(before, cells) : new Map(),
        has: cellsIn(after, cells),
      },
      slots: new Map(layout.gateways.map((gateway, index) => [gateway, sizes[index]!])),
      parts: new Map(
        layout.gateways.flatMap((gateway, index) =>
          used.includes(gateway) ? [[gateway, (cells * layout.weights[index]!) / whole] as const] : [],
        ),
      ),
    });
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
  /** In cells of the ring after. */
  readonly size: number;
}

/** How many flows move between which gateways. */
function movesIn({ before, after, cells }: Moment): Move[] {
  if (before === undefined) return [];
  const [one, other] = [gatewaysAt(before), gatewaysAt(after)];
  const places = one.map((from, place) => ({ from, to: other[place]! })).filter(({ from, to }) => from !== to);
  return [...Map.groupBy(places, ({ from, to }) => `${from} ${to}`).values()].map((some) => ({
    ...some[0]!,
    size: (some.length * cells) / one.length,
  }));
}

describe("the rings of tiers that come and go", () => {
  test("give each gateway its slot at least, and exactly that while all of the tiers in use are used", () => {
    fc.assert(
      fc.property(walks, (walk) =>
        follow(walk, ({ has, slots, parts }) => {
          expect(new Set(has.keys())).toEqual(new Set(parts.keys()));
          for (const [gateway, cells] of has) expect(cells).toBeGreaterThanOrEqual(slots.get(gateway)!);
          if (parts.size === slots.size) expect(has).toEqual(slots);
        }),
      ),
    );
  });

  test("bring no gateway that gets cells a whole one above both its slot and its part of those in use", () => {
    fc.assert(
      fc.property(walks, (walk) =>
        follow({ ...walk, shortage: "join" }, ({ had, has, slots, parts }) => {
          for (const [gateway, cells] of has) {
            if (cells <= Math.max(had.get(gateway) ?? 0, slots.get(gateway)!)) continue;
            expect(cells - parts.get(gateway)!).toBeLessThan(1);
          }
        }),
      ),
    );
  });

  test("move flows of gateways that stay only to one that has less than its slot, and no more than it lacks", () => {
    fc.assert(
      fc.property(walks, (walk) =>
        follow(walk, (moment) => {
          const { had, has, slots } = moment;
          const ofStaying = movesIn(moment).filter(({ from }) => has.has(from));
          for (const [taker, moves] of Map.groupBy(ofStaying, ({ to }) => to)) {
            const taken = moves.reduce((sum, { size }) => sum + size, 0);
            expect(taken - slots.get(taker)! + (had.get(taker) ?? 0)).toBeLessThan(0.5); // all but what is rounded
          }
        }),
      ),
    );
  });

  test("move flows between two gateways that stay only if all of those that go have moved to such ones", () => {
    fc.assert(
      fc.property(walks, (walk) =>
        follow(walk, (moment) => {
          const { had, has } = moment;
          const moves = movesIn(moment);
          const isBetween = moves.some(({ from, to }) => has.has(from) && had.has(to));
          const ofLost = moves.filter(({ from }) => !has.has(from));
          if (isBetween) expect(ofLost.filter(({ to }) => !had.has(to))).toEqual([]);
        }),
      ),
    );
  });

  test("move nothing at a restart with the same gateways", () => {
    fc.assert(
      fc.property(walks, (walk) => {
        const steps = walk.steps.flatMap((step) => [step, { ...step, restart: true }]);
        follow({ ...walk, steps }, ({ restart, before, after, had, parts }) => {
          const isSame = restart && had.size === parts.size && [...parts.keys()].every((gateway) => had.has(gateway));
          if (before && isSame) expect(show(after)).toBe(show(before));
        });
      }),
    );
  });
});

describe("with the placement usable", () => {
  const walks = fc.record({
    members: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 4 }), tier: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 2,
      maxLength: 9,
    }),
    shortage: fc.constantFrom(...TIER_SHORTAGES),
    steps: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
  });

  test("the ring is that of a router which has seen nothing before, whatever happened", () => {
    fc.assert(
      fc.property(walks, ({ members, shortage, steps }) => {
        const tiers = members.map(({ tier }) => tier);
        const weights = members.map(({ weight }) => weight);
        const settings = { ...settingsOf(weights, tiers, shortage), placement: "usable" as const };
        let rings: Rings | undefined;
        for (const step of steps) {
          const usable = settings.layout.gateways.filter((_, index) => index === 0 || ((step >> index) & 1) === 0);
          rings = ringsWith(settings, rings, new Set(usable));
          const route = routeOfRings(rings);
          expect(route).toEqual(routeWith(settings, undefined, usable));
          expect(route).toEqual(routeWith(settings, foundIn(settings, nexthopsIn("a3 b2")), usable));
        }
      }),
    );
  });

  test("rings made by history cannot serve it", () => {
    const settings = settingsOf([1, 1], [1, 1], "join");
    expect(haveSameRings(settings, { ...settings, placement: "usable" })).toBe(false);
    expect(haveSameRings(settings, { ...settings, placement: "history" })).toBe(true);
  });
});
