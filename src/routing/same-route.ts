import { routeKey } from "./entry.ts";
import { lowestTerms } from "./slots.ts";
import { type Observed, type ObservedRoute, PROTOCOL, type Route } from "./types.ts";

/**
 * Whether the kernel's route does what the wanted one does: equal shares in another notation are equal, and so is the same
 * nexthop object, wherever that leads.
 */
export function sameRoute(found: ObservedRoute, wanted: Route): boolean {
  if (found.protocol !== PROTOCOL || found.type !== wanted.type || found.nexthopId !== wanted.nexthopId) return false;
  if (wanted.type === "on-link") return found.nexthops[0]?.device === wanted.nexthops[0]?.device;
  return wanted.nexthopId !== undefined || ring(found) === ring(wanted);
}

/**
 * Whether every nexthop leaves through the interface that leads to its gateway. The kernel fixes the interface when a
 * route is made; when an address moves to another one, the route would send into the void.
 */
export function leadsRight({ nexthops, nexthopId }: ObservedRoute, devices: Observed["devices"]): boolean {
  if (nexthopId !== undefined) return true; // the object decides
  return nexthops.every(({ gateway, device }) => device === undefined || (devices.get(gateway) ?? device) === device);
}

function ring({ nexthops }: Pick<Route, "nexthops">): string {
  return lowestTerms(nexthops)
    .map(({ gateway, weight }) => `${gateway}*${weight}`)
    .join(" ");
}

/** The routes by their keys; of several with one key, the first is the one that the kernel takes. */
export function byKey(routes: readonly ObservedRoute[]): Map<string, ObservedRoute> {
  return new Map(routes.toReversed().map((route) => [routeKey(route), route]));
}
