import { type Cidr, contains, formatCidr } from "../net/cidr.ts";
import { type Attracted, createAttraction } from "./attraction.ts";
import { managedNetworks, managedTest } from "./managed.ts";
import { type ObservedRoute, PROTOCOL, type Route } from "./types.ts";

/**
 * A route of another program in our table that the kernel prefers to ours, so that packets to managed destinations take
 * it: also past the routes and rules that reject them while no gateway is usable.
 */
export interface RouteDiversion extends Attracted {
  readonly route: ObservedRoute;
  /** `all`: it and other such routes together leave no packet to the gateways; `some`: others still use the gateways. */
  readonly extent: "all" | "some";
}

/**
 * Routes of other programs that decide about managed destinations: narrower ones than ours, and those in a place where we
 * have no route now. One in a place where we want a route is a `Conflict` (entry.ts) instead.
 *
 * @param routes of our table
 * @param wanted the routes of the service if every gateway was healthy
 */
export function foreignRoutes(routes: readonly ObservedRoute[], wanted: readonly Route[]): RouteDiversion[] {
  const preferred = preferredRoutes(routes);
  const places = new Set(wanted.map(placeOf));
  const networksOf = networksTakenBy(new Set(preferred.keys()), wanted);
  const found = [...preferred.values()].flatMap((route) => {
    if (route.protocol === PROTOCOL || places.has(placeOf(route))) return [];
    const networks = networksOf(route.destination);
    return networks.length === 0 ? [] : { route, networks };
  });
  const extent = isEverything(found, wanted) ? "all" : "some";
  return found.map((one) => ({ ...one, more: 0, everything: extent === "all", extent }));
}

/** Of the routes to each destination that with the lowest metric. */
function preferredRoutes(routes: readonly ObservedRoute[]): ReadonlyMap<string, ObservedRoute> {
  const preferred = new Map<string, ObservedRoute>();
  for (const route of routes) {
    const destination = formatCidr(route.destination);
    if (route.metric < (preferred.get(destination)?.metric ?? Infinity)) preferred.set(destination, route);
  }
  return preferred;
}

/**
 * The managed networks whose packets a route takes, by its destination.
 *
 * @param destinations those that the table has a route to
 */
function networksTakenBy(destinations: ReadonlySet<string>, wanted: readonly Route[]): (destination: Cidr) => Cidr[] {
  const managed = managedNetworks(wanted);
  const isManaged = managedTest(wanted);
  return (destination) => {
    if (managed.some((one) => contains(one, destination))) return isManaged(destination) ? [destination] : [];
    return managed.filter((one) => contains(destination, one) && !destinations.has(formatCidr(one)));
  };
}

function isEverything(found: readonly { readonly networks: readonly Cidr[] }[], wanted: readonly Route[]): boolean {
  const attraction = createAttraction(wanted, undefined);
  for (const { networks } of found) {
    for (const destination of networks) attraction.add({ type: "unicast", destination });
  }
  return attraction.result().everything;
}

const placeOf = ({ destination, metric }: Route | ObservedRoute): string => `${formatCidr(destination)} ${metric}`;
