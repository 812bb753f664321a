/** Owners that the usable gateways alone decide: two routers agree, whatever each has been through. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { placeHeirs } from "../../../src/routing/heirs.ts";
import { type Layout, layoutOf, type Owners, placeCells } from "../../../src/routing/slots.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.0.${index}`);

/** Gateways with weights, and which of them are usable. */
const cases = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 24 })
  .chain((weights) =>
    fc.record({ weights: fc.constant(weights), usable: fc.subarray([...weights.keys()], { minLength: 1 }) }),
  );

const ringOf = (weights: readonly number[]): Layout => layoutOf(namesOf(weights.length), weights);

const sharesOf = (owners: Owners, usable: ReadonlySet<number>): number[] =>
  [...usable].map((gateway) => owners.filter((owner) => owner === gateway).length);

const show = (owners: Owners): string =>
  owners
    .map((owner) => owner + 1)
    .join("")
    .replaceAll(/(...)(?=.)/g, "$1 ");

test.each([
  [[1, 2, 3, 4], "111 222 333 444"],
  [[1, 2, 4], "111 222 124 444"],
  [[2, 4], "224 222 424 444"],
  [[2, 3, 4], "234 222 333 444"],
])("while %p of four are usable, the ring is %s", (usable, ring) => {
  const layout = layoutOf(namesOf(4), [1, 1, 1, 1], 12);
  const indexes = new Set(usable.map((number) => number - 1));
  expect(show(placeHeirs(layout, indexes))).toBe(ring);
});

describe("cells", () => {
  test("of usable gateways are at home", () => {
    fc.assert(
      fc.property(cases, ({ weights, usable }) => {
        const layout = ringOf(weights);
        const owners = placeHeirs(layout, new Set(usable));
        layout.homes.forEach((home, cell) => expect(owners[cell] === home).toBe(usable.includes(home)));
      }),
    );
  });

  test("move only from a gateway that leaves, and to one that returns", () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ weights, usable }, pick) => {
        fc.pre(usable.length > 1);
        const layout = ringOf(weights);
        const gone = usable[pick % usable.length]!;
        const before = placeHeirs(layout, new Set(usable));
        const after = placeHeirs(layout, new Set(usable).difference(new Set([gone])));
        before.forEach((owner, cell) => expect(owner === after[cell]).toBe(owner !== gone));
      }),
    );
  });

  test("have the same owners on a router that was asked about other gateways before", () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat(), { maxLength: 5 }), ({ weights, usable }, seeds) => {
        const layout = ringOf(weights);
        for (const seed of seeds) {
          const others = [...weights.keys()].filter((index) => ((seed >> index) & 1) === 0);
          if (others.length > 0) placeHeirs(layout, new Set(others));
        }
        expect(placeHeirs(layout, new Set(usable))).toEqual(placeHeirs(ringOf(weights), new Set(usable)));
      }),
    );
  });

  test("of a single lost gateway go where they go by history", () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ weights }, pick) => {
        fc.pre(weights.length > 1);
        const layout = ringOf(weights);
        const usable = new Set([...weights.keys()].filter((index) => index !== pick % weights.length));
        expect(placeHeirs(layout, usable)).toEqual(placeCells(layout, undefined, usable));
      }),
    );
  });

  test("of two lost gateways of up to twelve equal ones differ by two at most between the others", () => {
    for (let count = 3; count <= 12; count++) {
      const layout = layoutOf(namesOf(count));
      for (let first = 0; first < count; first++) {
        for (let second = 0; second < first; second++) {
          const usable = new Set(layout.gateways.keys()).difference(new Set([first, second]));
          const shares = sharesOf(placeHeirs(layout, usable), usable);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2);
        }
      }
    }
  });

  test("of gateways whose first heirs are all gone go to the next one around the ring", () => {
    const layout = layoutOf(namesOf(160));
    expect(new Set(placeHeirs(layout, new Set([7])))).toEqual(new Set([7]));
    const two = placeHeirs(layout, new Set([7, 90]));
    expect([two[20], two[50], two[100]]).toEqual([90, 90, 7]);
  });
});
