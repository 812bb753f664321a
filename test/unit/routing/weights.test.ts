import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { layoutOf, type Owners, placeCells, toNextHops } from "../../../src/routing/slots.ts";
import { allOf, layoutWith, loadsOf, show, weightLists } from "./rings.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

/** Gateways with weights of which one after the other leaves, until one is left. */
const losses = weightLists(2, 20).chain((weights) =>
  fc.record({
    weights: fc.constant(weights),
    order: fc.shuffledSubarray([...allOf(weights)], { minLength: 1, maxLength: weights.length - 1 }),
  }),
);

/** How many cells each gateway would have if cells could be cut. */
function idealsOf(cells: number, weights: readonly number[], usable: ReadonlySet<number>): number[] {
  const whole = [...usable].reduce((sum, gateway) => sum + weights[gateway]!, 0);
  return weights.map((weight, gateway) => (usable.has(gateway) ? (cells * weight) / whole : 0));
}

describe("the slots of gateways with weights", () => {
  test.each([
    ["2 to 1", [2, 1], "a2 b1"],
    ["in other words 2 to 1", [100, 50], "a2 b1"],
    ["1, 1 and 2", [1, 1, 2], "a1 b1 c2"],
    ["100 to 1", [100, 1], "a100 b1"],
    ["100, 99 and 98, by largest remainder", [100, 99, 98], "a54 b53 c53"], // ideal of 160 cells: 53.9, 53.3 and 52.8
  ])("are %s", (_, weights, route) => {
    const layout = layoutWith(weights);
    expect(show(toNextHops(layout, placeCells(layout, undefined, allOf(weights))))).toBe(route);
  });

  test("differ from the ideal by less than one cell where every gateway is worth one", () => {
    fc.assert(
      fc.property(weightLists(1, 160), (weights) => {
        const { homes } = layoutWith(weights);
        const ideals = idealsOf(homes.length, weights, allOf(weights));
        fc.pre(ideals.every((ideal) => ideal >= 1));
        const loads = loadsOf(homes, weights.length);
        for (const [gateway, load] of loads.entries()) expect(Math.abs(load - ideals[gateway]!)).toBeLessThan(1);
      }),
    );
  });

  test("have one cell at least and 160 in all at most, whatever the weights", () => {
    fc.assert(
      fc.property(weightLists(1, 160), (weights) => {
        const { homes } = layoutWith(weights);
        expect(homes.length).toBeLessThanOrEqual(160);
        expect(Math.min(...loadsOf(homes, weights.length))).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test("take from the heaviest gateways what those need that are worth less than one cell", () => {
    const { homes } = layoutWith([100, ...Array<number>(100).fill(1)]);
    expect(loadsOf(homes, 101)).toEqual([60, ...Array<number>(100).fill(1)]);
  });
});

describe("the cells of a gateway that leaves", () => {
  test("go to the others by their weights, and no other cell moves", () => {
    const layout = layoutOf(["a", "b", "c"], [2, 1, 3]);
    const healthy = placeCells(layout, undefined, allOf(layout.weights));
    expect(show(toNextHops(layout, healthy))).toBe("a2 b1 c3");
    const owners = placeCells(layout, healthy, new Set([0, 1]));
    expect(show(toNextHops(layout, owners))).toBe("a2 b1 a2 b1");
  });

  test("leave each other gateway within one cell of the ideal, where the weights divide the ring", () => {
    fc.assert(
      fc.property(losses, ({ weights, order: [gone] }) => {
        const layout = layoutWith(weights);
        const [whole] = [weights.reduce((sum, weight) => sum + weight, 0)];
        fc.pre(weights.every((weight) => (layout.homes.length * weight) % whole === 0));
        const usable = new Set([...allOf(weights)].filter((gateway) => gateway !== gone));
        const owners = placeCells(layout, placeCells(layout, undefined, allOf(weights)), usable);
        const ideals = idealsOf(layout.homes.length, weights, usable);
        for (const [gateway, load] of loadsOf(owners, weights.length).entries()) {
          expect(Math.abs(load - ideals[gateway]!)).toBeLessThan(1);
        }
      }),
    );
  });

  test("bring no other gateway more than one cell above the ideal after any losses, and move nothing else", () => {
    fc.assert(
      fc.property(losses, ({ weights, order }) => {
        const layout = layoutWith(weights);
        const usable = new Set(allOf(weights));
        let owners: Owners = placeCells(layout, undefined, usable);
        for (const gone of order) {
          usable.delete(gone);
          const after = placeCells(layout, owners, usable);
          const ideals = idealsOf(layout.homes.length, weights, usable);
          const loads = loadsOf(after, weights.length);
          after.forEach((owner, cell) => {
            if (owner === owners[cell]) return;
            expect(owners[cell]).toBe(gone);
            expect(loads[owner]! - ideals[owner]!).toBeLessThan(1);
          });
          owners = after;
        }
      }),
    );
  });

  test("return with it, and no other cell moves", () => {
    fc.assert(
      fc.property(losses, ({ weights, order }) => {
        const layout = layoutWith(weights);
        const usable = allOf(weights).difference(new Set(order));
        const before = placeCells(layout, placeCells(layout, undefined, allOf(weights)), usable);
        const [back] = order;
        const after = placeCells(layout, before, new Set([...usable, back!]));
        after.forEach((owner, cell) => expect(owner).toBe(layout.homes[cell] === back ? back! : before[cell]!));
      }),
    );
  });
});
