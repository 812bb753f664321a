import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import {
  fromNextHops,
  layoutOf,
  lowestTerms,
  type Owners,
  placeCells,
  toNextHops,
} from "../../../src/routing/slots.ts";
import { type NextHop } from "../../../src/routing/types.ts";

const gatewaysOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

const all = (count: number): Set<number> => new Set(Array.from({ length: count }, (_, index) => index));

const without = (set: ReadonlySet<number>, ...gone: number[]): Set<number> =>
  new Set([...set].filter((g) => !gone.includes(g)));

const show = (nexthops: readonly NextHop[]): string =>
  nexthops.map(({ gateway, weight }) => `${gateway}w${weight}`).join(" ");

/** Cells whose owner differs, with the owner they had. */
const moved = (before: Owners, after: Owners): number[] =>
  before.flatMap((owner, cell) => (owner === after[cell] ? [] : [owner]));

const loadsOf = (owners: Owners): Map<number, number> => {
  const loads = new Map<number, number>();
  for (const owner of owners) loads.set(owner, (loads.get(owner) ?? 0) + 1);
  return loads;
};

/** A range of any size the service takes, with a walk of sets of usable gateways that are never empty. */
const walks = fc.integer({ min: 1, max: 160 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    toggles: fc.array(fc.integer({ min: 0, max: count - 1 }), { maxLength: 40 }),
  }),
);

/** Walks through the toggles one gateway at a time and calls back with every step. */
function walk(
  count: number,
  toggles: readonly number[],
  onStep: (step: { before: Owners; after: Owners; gateway: number; left: boolean; usable: Set<number> }) => void,
): void {
  const layout = layoutOf(gatewaysOf(count));
  let usable = all(count);
  let owners = placeCells(layout, undefined, usable);
  for (const gateway of toggles) {
    const left = usable.has(gateway);
    if (left && usable.size === 1) continue;
    usable = left ? without(usable, gateway) : new Set([...usable, gateway]);
    const after = placeCells(layout, owners, usable);
    onStep({ before: owners, after, gateway, left, usable });
    owners = after;
  }
}

describe("placing cells", () => {
  test("all healthy: every gateway has its slot, one nexthop of weight 1 each", () => {
    const layout = layoutOf(["a", "b", "c"]);
    expect(show(toNextHops(layout, placeCells(layout, undefined, all(3))))).toBe("aw1 bw1 cw1");
  });

  test("one of five leaves: its slot is shared evenly in place, the others keep theirs", () => {
    const layout = layoutOf(["1", "2", "3", "4", "5"]);
    const owners = placeCells(layout, placeCells(layout, undefined, all(5)), without(all(5), 2));
    expect(show(toNextHops(layout, owners))).toBe("1w4 2w4 1w1 2w1 4w1 5w1 4w4 5w4");
    expect([...loadsOf(owners).values()]).toEqual([15, 15, 15, 15]);
    expect(owners.slice(0, 24)).toEqual([...Array(12).fill(0), ...Array(12).fill(1)]);
    expect(owners.slice(36)).toEqual([...Array(12).fill(3), ...Array(12).fill(4)]);
  });

  test("a leaving gateway moves no cell of another one", () => {
    fc.assert(
      fc.property(walks, ({ count, toggles }) => {
        walk(count, toggles, ({ before, after, gateway, left }) => {
          if (left) for (const owner of moved(before, after)) expect(owner).toBe(gateway);
        });
      }),
    );
  });

  test("a returning gateway takes back its own slot and nothing else moves", () => {
    fc.assert(
      fc.property(walks, ({ count, toggles }) => {
        const { cellsPerSlot } = layoutOf(gatewaysOf(count));
        walk(count, toggles, ({ before, after, gateway, left }) => {
          if (left) return;
          after.forEach((owner, cell) => {
            const home = Math.floor(cell / cellsPerSlot);
            expect(owner).toBe(home === gateway ? gateway : before[cell]!);
          });
        });
      }),
    );
  });

  test("only usable gateways serve", () => {
    fc.assert(
      fc.property(walks, ({ count, toggles }) => {
        walk(count, toggles, ({ after, usable }) => {
          for (const owner of after) expect(usable.has(owner)).toBe(true);
        });
      }),
    );
  });

  test("losses alone, in any order, leave the survivors' loads within one cell of each other", () => {
    fc.assert(
      fc.property(walks, ({ count, toggles }) => {
        const leaving = [...new Set(toggles)];
        walk(count, leaving, ({ after }) => {
          const loads = [...loadsOf(after).values()];
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  test("one lost slot is shared within one cell among the survivors", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 160 }), fc.nat(), (count, pick) => {
        const layout = layoutOf(gatewaysOf(count));
        const gone = pick % count;
        const owners = placeCells(layout, placeCells(layout, undefined, all(count)), without(all(count), gone));
        const slot = owners.slice(gone * layout.cellsPerSlot, (gone + 1) * layout.cellsPerSlot);
        const shares = [...without(all(count), gone)].map(
          (gateway) => slot.filter((owner) => owner === gateway).length,
        );
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("nexthops", () => {
  test("always fit a batch line of 511 words, with every weight the kernel takes", () => {
    fc.assert(
      fc.property(walks, ({ count, toggles }) => {
        const layout = layoutOf(gatewaysOf(count));
        walk(count, toggles, ({ after }) => {
          const nexthops = toNextHops(layout, after);
          const words = nexthops.reduce((sum, { weight }) => sum + (weight === 1 ? 3 : 5), 10);
          expect(words).toBeLessThanOrEqual(511);
          for (const { weight } of nexthops) expect(weight >= 1 && weight <= 256).toBe(true);
        });
      }),
    );
  });

  test("tell their owners again: a restart goes on with the same ring", () => {
    fc.assert(
      fc.property(walks, ({ count, toggles }) => {
        const layout = layoutOf(gatewaysOf(count));
        walk(count, toggles, ({ after }) => {
          expect(fromNextHops(layout, toNextHops(layout, after))).toEqual([...after]);
        });
      }),
    );
  });

  test("are not taken over after a change of the range, even where the cells would come out even", () => {
    const before = layoutOf(["a", "b", "c"]);
    const nexthops = toNextHops(before, placeCells(before, undefined, all(3)));
    expect(fromNextHops(layoutOf(["a", "b", "c", "d"]), nexthops)).toBeUndefined();
  });

  test.each([
    ["an unknown gateway", [{ gateway: "z", weight: 1 }]],
    [
      "a ring that cannot be cut into cells",
      [
        { gateway: "a", weight: 5 },
        { gateway: "b", weight: 2 },
      ],
    ],
    ["no nexthop at all", []],
  ])("are not taken over with %s", (_, nexthops) => {
    expect(fromNextHops(layoutOf(["a", "b", "c"]), nexthops)).toBeUndefined();
  });

  test("lowest terms keep the ring", () => {
    const ring = [
      { gateway: "a", weight: 4 },
      { gateway: "a", weight: 2 },
      { gateway: "b", weight: 3 },
    ];
    expect(lowestTerms(ring)).toEqual([
      { gateway: "a", weight: 2 },
      { gateway: "b", weight: 1 },
    ]);
    expect(lowestTerms([{ gateway: "a", weight: 12 }])).toEqual([{ gateway: "a", weight: 1 }]);
    expect(lowestTerms([])).toEqual([]);
  });
});
