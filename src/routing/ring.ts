import { placeHeirs } from "./heirs.ts";
import { type Layout, type Owners, placeCells, toNextHops } from "./slots.ts";
import type { NextHop } from "./types.ts";

/** A ring that is cut into cells, and who serves them. */
export interface Ring {
  readonly layout: Layout;
  readonly owners: Owners;
}

/** A ring on which nothing has been placed yet. */
export interface EmptyRing {
  readonly layout: Layout;
  readonly owners?: undefined;
}

/** The ring with exactly these gateways, at least one of which is one of its own. */
export function ringWith({ layout, owners }: Ring | EmptyRing, gateways: ReadonlySet<string>): Ring {
  return { layout, owners: placeCells(layout, owners, indexesOf(layout, gateways)) };
}

/** The same ring, whatever was on it before: {@link placeHeirs}. */
export function ringOf(layout: Layout, gateways: ReadonlySet<string>): Ring {
  return { layout, owners: placeHeirs(layout, indexesOf(layout, gateways)) };
}

/** The indexes of those of these gateways that are in a ring. */
export function indexesOf({ gateways: all }: Layout, gateways: ReadonlySet<string>): Set<number> {
  return new Set(all.flatMap((gateway, index) => (gateways.has(gateway) ? index : [])));
}

/** The nexthops of a route that shares out the ring so. */
export function routeOf({ layout, owners }: Ring): NextHop[] {
  return toNextHops(layout, owners);
}
