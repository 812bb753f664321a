import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { type Layout, layoutOf, lowestTerms, type Owners, placeCells, toNextHops } from "../../../src/routing/slots.ts";
import { type NextHop } from "../../../src/routing/types.ts";
import { releasedRoutes } from "./released-slots.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

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

/** A range of any size that the service accepts, and gateways that leave or return one after the other. */
const walks = fc.integer({ min: 1, max: 160 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    toggles: fc.array(fc.integer({ min: 0, max: count - 1 }), { maxLength: 40 }),
  }),
);

/** One gateway has left, or has returned. */
interface Step {
  readonly layout: Layout;
  readonly before: Owners;
  readonly after: Owners;
  readonly gateway: number;
  readonly left: boolean;
  readonly usable: Set<number>;
}

/** Checks each step of random walks. The last usable gateway never leaves. */
function checkSteps(onStep: (step: Step) => void, togglesOf = (toggles: readonly number[]) => toggles): void {
  fc.assert(fc.property(walks, ({ count, toggles }) => walk(count, togglesOf(toggles), onStep)));
}

function walk(count: number, toggles: readonly number[], onStep: (step: Step) => void): void {
  const layout = layoutOf(gatewaysOf(count));
  let usable = all(count);
  let owners = placeCells(layout, undefined, usable);
  for (const gateway of toggles) {
    const left = usable.has(gateway);
    if (left && usable.size === 1) continue;
    usable = left ? without(usable, gateway) : new Set([...usable, gateway]);
    const after = placeCells(layout, owners, usable);
    onStep({ layout, before: owners, after, gateway, left, usable });
    owners = after;
  }
}

describe("the cells of the ring", () => {
  test("become one nexthop of weight 1 for each gateway while all are usable", () => {
    const layout = layoutOf(["a", "b", "c"]);
    expect(show(toNextHops(layout, placeCells(layout, undefined, all(3))))).toBe("aw1 bw1 cw1");
  });

  test("of one of five gateways that leaves are shared evenly in place, and all others stay", () => {
    const layout = layoutOf(["1", "2", "3", "4", "5"]);
    const owners = placeCells(layout, placeCells(layout, undefined, all(5)), without(all(5), 2));
    expect(show(toNextHops(layout, owners))).toBe("1w4 2w4 1w1 2w1 4w1 5w1 4w4 5w4");
    expect([...loadsOf(owners).values()]).toEqual([15, 15, 15, 15]);
    expect(owners.slice(0, 24)).toEqual([...Array(12).fill(0), ...Array(12).fill(1)]);
    expect(owners.slice(36)).toEqual([...Array(12).fill(3), ...Array(12).fill(4)]);
  });

  test("of other gateways stay when a gateway leaves", () => {
    checkSteps(({ before, after, gateway, left }) => {
      if (left) for (const owner of moved(before, after)) expect(owner).toBe(gateway);
    });
  });

  test("of other slots stay when a gateway returns to its own slot", () => {
    checkSteps(({ layout, before, after, gateway, left }) => {
      if (left) return;
      after.forEach((owner, cell) => {
        expect(owner).toBe(layout.homes[cell] === gateway ? gateway : before[cell]!);
      });
    });
  });

  test("of a gateway that leaves go to the next one around the ring where each gateway has a single cell", () => {
    const layout = layoutOf(gatewaysOf(160));
    const healthy = placeCells(layout, undefined, all(160));
    expect(placeCells(layout, healthy, without(all(160), 5))[5]).toBe(6);
    expect(placeCells(layout, healthy, without(all(160), 159))[159]).toBe(0);
  });

  test("are 160 at most, and 12 a gateway at most", () => {
    const counts = Array.from({ length: 160 }, (_, index) => index + 1);
    const cells = counts.map((count) => layoutOf(gatewaysOf(count)).homes.length);
    expect(Math.max(...cells)).toBe(160);
    expect(cells.slice(0, 14)).toEqual([12, 24, 36, 48, 60, 72, 84, 96, 108, 120, 132, 144, 156, 154]);
  });

  test("are given to usable gateways only", () => {
    checkSteps(({ after, usable }) => expect(usable.isSupersetOf(new Set(after))).toBe(true));
  });

  test("differ by at most one in number between the remaining gateways after any losses", () => {
    checkSteps(
      ({ after }) => {
        const loads = [...loadsOf(after).values()];
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      },
      (toggles) => [...new Set(toggles)], // each gateway leaves once
    );
  });

  test("of one lost slot differ by at most one in number between the remaining gateways", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 160 }), fc.nat(), (count, pick) => {
        const layout = layoutOf(gatewaysOf(count));
        const gone = pick % count;
        const owners = placeCells(layout, placeCells(layout, undefined, all(count)), without(all(count), gone));
        const slot = owners.filter((_, cell) => layout.homes[cell] === gone);
        const shares = [...without(all(count), gone)].map(
          (gateway) => slot.filter((owner) => owner === gateway).length,
        );
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the nexthops of a ring", () => {
  test("are 160 at most, with weights from 1 to 256", () => {
    checkSteps(({ layout, after }) => {
      const nexthops = toNextHops(layout, after);
      expect(nexthops.length).toBeLessThanOrEqual(160);
      for (const { weight } of nexthops) expect(weight >= 1 && weight <= 256).toBe(true);
    });
  });

  test("are those of the released version while all gateways have one weight, whatever leaves and returns", () => {
    const walks = fc.integer({ min: 1, max: 160 }).chain((count) =>
      fc.record({
        gateways: fc.constant(Array.from({ length: count }, (_, index) => `10.0.0.${index}`)),
        weight: fc.integer({ min: 1, max: 100 }),
        steps: fc.array(
          fc.subarray([...all(count)], { minLength: 1 }).map((usable) => new Set(usable)),
          { minLength: 1, maxLength: 8 },
        ),
      }),
    );
    fc.assert(
      fc.property(walks, ({ gateways, weight, steps }) => {
        const layout = layoutOf(
          gateways,
          gateways.map(() => weight),
        );
        let owners: Owners | undefined;
        const routes = steps.map((usable) => toNextHops(layout, (owners = placeCells(layout, owners, usable))));
        expect(routes).toEqual(releasedRoutes(gateways.length, steps));
      }),
    );
  });

  test("keep the ring when their weights are reduced to lowest terms", () => {
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
