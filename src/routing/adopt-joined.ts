import { ownersIn, settle } from "./carry-over.ts";
import { jointCells, type JoinedTiers } from "./joined-tiers.ts";
import { nestSlots, type Tier } from "./nested-slots.ts";
import type { Ring } from "./ring.ts";
import { apportion, type Layout, MOST_CELLS, type PartialOwners, placeCells } from "./slots.ts";
import type { NextHop } from "./types.ts";

/**
 * The rings of tiers behind the nexthops of a route. What a tier would do with the cells that others serve is not in the
 * route; while they do, it moves nothing.
 *
 * @param tiers all of them, the best one first; at least one gateway is in the route
 */
export function adoptJoined(tiers: readonly Tier[], nexthops: readonly NextHop[]): JoinedTiers {
  const cells = matchingCells(tiers, nexthops);
  const rings = new Map(
    [...nestSlots(tiers, cells)].flatMap(([tier, layout]) => {
      const before = ownersIn(nexthops, layout.gateways, cells);
      const isServing = before.some((owner) => owner !== undefined);
      return isServing ? [[tier, { before, ring: ringBehind(before, layout) }] as const] : [];
    }),
  );
  const tierAt = Array.from({ length: cells }, (_, cell) => {
    return [...rings].find(([, { before }]) => before[cell] !== undefined)?.[0] ?? [...rings.keys()][0]!;
  });
  return { ofTier: new Map([...rings].map(([tier, { ring }]) => [tier, ring])), tierAt };
}

/** In how many cells a ring is cut on which so many already have an owner, so that none of their boundaries is in a cell. */
function matchingCells(tiers: readonly Tier[], nexthops: readonly NextHop[]): number {
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  const cells = jointCells(tiers);
  const aligned = total * Math.floor(MOST_CELLS / total);
  const gateways = tiers.flatMap(({ layout }) => layout.gateways).length;
  return cells % total === 0 || aligned < gateways ? cells : aligned;
}

/** The ring of a tier of which only some cells are known. Slots are those of the layout unless these cells contradict. */
function ringBehind(before: PartialOwners, layout: Layout): Ring {
  const { homes, weights } = layout;
  const serving = new Set(before.filter((owner) => owner !== undefined));
  const fits = before.every((owner, cell) => {
    return owner === undefined || owner === homes[cell] || !serving.has(homes[cell]!);
  });
  const after = fits ? layout : { ...layout, homes: settle(layout, before, apportion(before.length, weights)) };
  return { layout: after, owners: placeCells(after, before, serving) };
}
