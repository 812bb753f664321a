import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { carryOver } from "../../../src/routing/carry-over.ts";
import { type Ring, routeOf } from "../../../src/routing/ring.ts";
import { type Layout, layoutOf, placeCells, toNextHops } from "../../../src/routing/slots.ts";
import type { NextHop } from "../../../src/routing/types.ts";
import { releasedRoutes } from "./released-slots.fixture.ts";
import { allOf, gatewaysAt, layoutWith, loadsOf, show, weightLists } from "./rings.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

/** The route of a ring on which nothing has happened yet. */
const freshRoute = (layout: Layout): NextHop[] =>
  toNextHops(layout, placeCells(layout, undefined, allOf(layout.weights)));

/** The ring after a change of gateways or weights, with or without a restart. */
const changed = (layout: Layout, nexthops: readonly NextHop[], usable = allOf(layout.weights)): Ring =>
  carryOver(layout, nexthops, usable);

/** The ring after a restart at which the same gateways are usable. */
const restarted = (layout: Layout, nexthops: readonly NextHop[]): Ring => {
  const serving = nexthops.map(({ gateway }) => layout.gateways.indexOf(gateway));
  return carryOver(layout, nexthops, new Set(serving));
};

describe("a ring whose gateways or weights change", () => {
  const before = freshRoute(layoutOf(["a", "b"]));

  test.each([
    ["a gateway becomes twice as heavy", layoutOf(["a", "b"], [2, 1]), "a2 b1"],
    ["a gateway is added", layoutOf(["a", "b", "c"]), "a2 c1 b2 c1"],
    ["a gateway is removed", layoutOf(["b"]), "b1"],
    ["a gateway is replaced by another one", layoutOf(["b", "c"]), "c1 b1"],
    ["the gateways are in another order", layoutOf(["b", "a"]), "a1 b1"],
  ])("gives away only what one gateway has too much when %s", (_, layout, after) => {
    expect(show(routeOf(changed(layout, before)))).toBe(after);
  });

  test("has cells that match both rings, even if the new weights are then met by largest remainder only", () => {
    const thirteen = freshRoute(layoutWith(Array<number>(13).fill(1)));
    const { layout, owners } = changed(layoutWith(Array<number>(14).fill(1)), thirteen);
    expect(layout.homes).toHaveLength(156);
    expect(loadsOf(owners, 14).sort()).toEqual([...Array<number>(12).fill(11), 12, 12]);
  });

  test("is cut anew where no number of cells matches both rings", () => {
    const hundred = freshRoute(layoutWith(Array<number>(100).fill(1)));
    const { layout } = changed(layoutWith(Array<number>(101).fill(1)), hundred);
    expect(layout.homes).toHaveLength(101);
  });
});

describe("the ring behind nexthops that no run of this program has made", () => {
  test.each([
    ["the flows of a gateway that is none go to the others", "a1 z1 b1", "a2 b1 a1 b2"],
    ["a gateway that has more than others may leave it keeps only its part", "a5 b2", "a11 b10"],
    ["weights that sum up to more than the most cells are kept as far as cells go", "a255 b255", "a1 b1"],
    ["cells that no gateway has are for the one before them as far as it lacks some", "z1", "a2 b3 a1"],
    ["a cell that two gateways share has the one at its middle", "a245 b265", "a17 b19"],
  ])("%s", (_, before, after) => {
    const nexthops = before.split(" ").map((text) => ({ gateway: text[0]!, weight: Number(text.slice(1)) }));
    const ring = carryOver(layoutOf(["a", "b", "c"]), nexthops, new Set([0, 1]));
    expect(show(routeOf(ring))).toBe(after);
  });
});

test("a gateway that is lost during a restart gets its own cells back, and the others keep theirs", () => {
  const layout = layoutOf(["a", "b", "c"]);
  const nexthops = ["b", "a", "c"].map((gateway) => ({ gateway, weight: 1 }));
  const { layout: cut, owners } = carryOver(layout, nexthops, new Set([0, 2]));
  expect(loadsOf(owners, 3)).toEqual([18, 0, 18]);
  expect(toNextHops(cut, placeCells(cut, owners, new Set([0, 1, 2])))).toEqual(nexthops);
});

test("a start on a route of the released version moves no flow, then or at what happens later", () => {
  const walks = fc.integer({ min: 1, max: 160 }).chain((count) =>
    fc.record({
      gateways: fc.constant(Array.from({ length: count }, (_, index) => `10.0.0.${index}`)),
      steps: fc.array(
        fc.subarray([...Array(count).keys()], { minLength: 1 }).map((some) => new Set(some)),
        { minLength: 2, maxLength: 5 },
      ),
    }),
  );
  fc.assert(
    fc.property(walks, ({ gateways, steps }) => {
      const routes = releasedRoutes(gateways.length, steps);
      const last = steps.length - 2;
      const adopted = carryOver(layoutOf(gateways), routes[last]!, steps[last]!);
      expect(routeOf(adopted)).toEqual(routes[last]!);
      const { layout } = adopted;
      const after = { layout, owners: placeCells(layout, adopted.owners, steps.at(-1)!) };
      expect(routeOf(after)).toEqual(routes.at(-1)!);
    }),
  );
});

/** One thing that happens to a ring. */
type Step =
  | { readonly kind: "toggle"; readonly gateway: number }
  | { readonly kind: "change"; readonly weights: readonly number[]; readonly members: readonly number[] };

const NAMES = [..."abcdefgh"];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("toggle" as const), gateway: fc.nat(NAMES.length - 1) }),
    fc.record({
      kind: fc.constant("change" as const),
      weights: weightLists(NAMES.length, NAMES.length),
      members: fc.subarray([...NAMES.keys()], { minLength: 1 }),
    }),
  ),
  { minLength: 1, maxLength: 12 },
);

interface Moment {
  readonly step: Step;
  readonly before: readonly NextHop[];
  readonly ring: Ring;
  readonly usable: ReadonlySet<string>;
}

/** Follows a ring of eight gateways, of which at least one is usable at all times. */
function follow(some: readonly Step[], onStep: (moment: Moment) => void): void {
  const down = new Set<string>();
  let layout = layoutOf(NAMES);
  let ring: Ring = { layout, owners: placeCells(layout, undefined, allOf(layout.weights)) };
  for (const step of some) {
    const before = routeOf(ring);
    if (step.kind === "change") {
      const members = step.members.map((index) => NAMES[index]!);
      if (members.every((name) => down.has(name))) down.clear();
      layout = layoutOf(
        members,
        step.members.map((index) => step.weights[index]!),
      );
      ring = changed(layout, before, usableIn(layout, down));
    } else {
      const name = NAMES[step.gateway]!;
      if (down.has(name)) down.delete(name);
      else down.add(name);
      if (layout.gateways.every((one) => down.has(one))) down.delete(layout.gateways[0]!);
      const { layout: cut, owners } = ring;
      ring = { layout: cut, owners: placeCells(cut, owners, usableIn(layout, down)) };
    }
    const usable = new Set([...usableIn(layout, down)].map((index) => layout.gateways[index]!));
    onStep({ step, before, ring, usable });
  }
}

const usableIn = ({ gateways }: Layout, down: ReadonlySet<string>): Set<number> =>
  new Set(gateways.flatMap((name, index) => (down.has(name) ? [] : index)));

/** The places at which two rings differ, as `ab` for one that went from a to b. */
function movesBetween(before: readonly NextHop[], after: readonly NextHop[]): string[] {
  const [one, other] = [gatewaysAt(before), gatewaysAt(after)];
  return [...new Set(one.flatMap((gateway, place) => (gateway === other[place] ? [] : `${gateway}${other[place]}`)))];
}

describe("a ring that changes again and again", () => {
  test("never gives cells to a gateway that gives away some itself, at a change of gateways or weights", () => {
    fc.assert(
      fc.property(steps, (some) =>
        follow(some, ({ step, before, ring, usable }) => {
          if (step.kind !== "change") return;
          const moves = movesBetween(before, routeOf(ring));
          const giving = new Set(moves.map(([from]) => from!).filter((name) => usable.has(name)));
          const taking = new Set(moves.map(([, to]) => to!));
          expect([...giving].filter((name) => taking.has(name))).toEqual([]);
        }),
      ),
    );
  });

  test("moves nothing of the gateways that stay when one leaves, and nothing but to the one that returns", () => {
    fc.assert(
      fc.property(steps, (some) =>
        follow(some, ({ step, before, ring, usable }) => {
          if (step.kind === "change") return;
          const toggled = NAMES[step.gateway]!;
          for (const [from, to] of movesBetween(before, routeOf(ring))) {
            expect(usable.has(toggled) && ring.layout.gateways.includes(toggled) ? to : usable.has(from!)).toBe(
              usable.has(toggled) && ring.layout.gateways.includes(toggled) ? toggled : false,
            );
          }
        }),
      ),
    );
  });

  test("is within one cell of the ideal after a change while all gateways are usable", () => {
    fc.assert(
      fc.property(steps, (some) =>
        follow(some, ({ step, ring: { layout, owners }, usable }) => {
          if (step.kind !== "change" || usable.size < layout.gateways.length) return;
          const whole = layout.weights.reduce((sum, weight) => sum + weight, 0);
          const ideals = layout.weights.map((weight) => (owners.length * weight) / whole);
          if (ideals.some((ideal) => ideal < 1)) return; // each of those has one
          for (const [index, load] of loadsOf(owners, ideals.length).entries()) {
            expect(Math.abs(load - ideals[index]!)).toBeLessThan(1);
          }
        }),
      ),
    );
  });

  test("moves nothing at a restart", () => {
    fc.assert(
      fc.property(steps, (some) =>
        follow(some, ({ ring }) => {
          const { gateways, weights } = ring.layout;
          const route = routeOf(ring);
          expect(show(routeOf(restarted(layoutOf(gateways, weights), route)))).toBe(show(route));
        }),
      ),
    );
  });

  test("has 160 cells at most", () => {
    fc.assert(
      fc.property(steps, (some) => follow(some, ({ ring }) => expect(ring.owners.length).toBeLessThanOrEqual(160))),
    );
  });
});
