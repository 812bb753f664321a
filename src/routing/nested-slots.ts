import { apportion, type Layout } from "./slots.ts";

/** The gateways of one tier, and their weights. */
export interface Tier {
  readonly tier: number;
  readonly layout: Pick<Layout, "gateways" | "weights">;
}

/**
 * Slots of several tiers in so many cells. Each slot of a tier has its part of each slot of the tiers before, so that
 * whatever cells a tier gets of some gateways of another one, all its own gateways have their part of them.
 *
 *   tier 1   111111 222222
 *   tier 2   333444 333444
 */
export function nestSlots(tiers: readonly Tier[], cells: number): Map<number, Layout> {
  const layouts = new Map<number, Layout>();
  let places = Array.from({ length: cells }, () => "");
  for (const { tier, layout } of tiers) {
    const homes = spread(places, apportion(cells, layout.weights));
    layouts.set(tier, { ...layout, homes });
    places = places.map((place, cell) => `${place} ${homes[cell]}`);
  }
  return layouts;
}

/** Gives each gateway so many cells, and of the cells of each place as nearly its part as can be. */
function spread(places: readonly string[], counts: readonly number[]): number[] {
  const homes = Array<number>(places.length);
  const loads = counts.map(() => 0);
  let given = 0;
  for (const cells of Map.groupBy(places.keys(), (cell) => places[cell]!).values()) {
    const own = cells.map(() => {
      given++;
      const lack = (gateway: number): number => given * counts[gateway]! - loads[gateway]! * places.length;
      const neediest = [...counts.keys()].reduce((one, other) => (lack(other) > lack(one) ? other : one));
      loads[neediest]!++;
      return neediest;
    });
    own.sort((a, b) => a - b); // neighbours with one gateway make one nexthop
    cells.forEach((cell, index) => (homes[cell] = own[index]!));
  }
  return homes;
}
