import type { Family } from "../net/address.ts";
import { type Cidr, contains, distinct } from "../net/cidr.ts";
import { routeKey } from "./entry.ts";
import { byKey } from "./same-route.ts";
import { MAIN_TABLE } from "./tables.ts";
import { type Change, type Observed, type ObservedRoute, PROTOCOL, type Route } from "./types.ts";

/*
 * A marker is a blackhole route in the main table that stands while a pool is usable in a family: other programs, such as a
 * routing daemon, see it come and go. It is added and deleted, and never replaced: FRR 8.4 loses a route that is. Its metric
 * is the table of the pool, so that it is known whose it is, also after a kill, and beside those of other instances.
 */

/** The markers of a pool in one family. */
export interface MarkerSettings {
  readonly destinations: readonly Cidr[];
  /** With how many usable gateways the pool is usable (-usable-min). */
  readonly least: number;
}

/**
 * The routes of markers.
 *
 * @param table that of the pool
 * @param connected networks of this machine, in which a marker would take the packets of others: there is none then
 */
export function markerRoutes(
  destinations: readonly Cidr[],
  table: number,
  family: Family,
  connected: readonly Cidr[] = [],
): Route[] {
  const isFree = (one: Cidr): boolean => !connected.some((other) => contains(other, one) || contains(one, other));
  return distinct(destinations)
    .filter((one) => one.address.family === family && isFree(one))
    .map((destination): Route => {
      return { family, table: MAIN_TABLE, type: "blackhole", destination, metric: table, nexthops: [] };
    });
}

/** Whether a route is a marker of the pool with this table. */
export function isMarkerOf({ table, metric, protocol }: ObservedRoute, pool: number): boolean {
  return table === MAIN_TABLE && metric === pool && protocol === PROTOCOL;
}

/**
 * The steps to these markers. One goes before anything else changes and comes after everything else, so that it never stands
 * for routes that do not.
 *
 * @param wanted undefined where they stay as they are
 */
export function planMarkers(
  { markers: standing = [] }: Pick<Observed, "markers">,
  wanted: readonly Route[] | undefined,
): { readonly remove: readonly Change[]; readonly add: readonly Change[] } {
  if (wanted === undefined) return { remove: [], add: [] };
  const [present, keys] = [byKey(standing), new Map(wanted.map((route) => [routeKey(route), route]))];
  const isRight = (route: ObservedRoute): boolean => keys.get(routeKey(route))?.type === route.type;
  return {
    remove: standing.filter((route) => !isRight(route)).map((route) => ({ op: "delete-route", route })),
    add: wanted
      .filter((route) => present.get(routeKey(route))?.type !== route.type)
      .map((route) => ({ op: "add-route", route })),
  };
}
