import { type Cidr, contains } from "../net/cidr.ts";
import { type Destinations, desiredState } from "./desired.ts";
import { rejectTypeOf, type WhenNoGateways } from "./kill-switch.ts";
import { routeKey } from "./plan.ts";
import { type Layout, type Owners, placeCells, toNextHops } from "./slots.ts";
import { type Desired, type NextHop, type Observed, type TableRef, PROTOCOL, type Route } from "./types.ts";

/** What is asked of the routes, whatever the gateways do. */
export interface RoutingSettings {
  readonly layout: Layout;
  readonly destinations: Destinations;
  readonly place: TableRef;
  readonly whenNoGateways: WhenNoGateways;
}

/** What the kernel should hold, and what follows from it. */
export interface Aim {
  readonly desired: Desired;
  /** Who serves the ring; undefined before there was anybody. */
  readonly owners: Owners | undefined;
  /** The gateways that the routes are meant to be over. */
  readonly active: readonly string[];
}

/**
 * What should be, given what is: healthy gateways that the kernel takes carry the routes. Slots move only here.
 *
 * @param owners who has served the ring until now
 */
export function aimFor(
  settings: RoutingSettings,
  observed: Observed,
  healthy: ReadonlySet<string>,
  owners: Owners | undefined,
): Aim {
  const { layout, whenNoGateways } = settings;
  const refused = new Set(observed.unusable.map(({ gateway }) => gateway));
  const indexesOf = (accept: (gateway: string, index: number) => boolean): Set<number> =>
    new Set(
      layout.gateways.flatMap((gateway, index) => (!refused.has(gateway) && accept(gateway, index) ? index : [])),
    );
  const usable = indexesOf((gateway) => healthy.has(gateway));
  if (usable.size > 0) {
    const after = placeCells(layout, owners, usable);
    const active = layout.gateways.filter((_, index) => usable.has(index));
    return { desired: stateWith(settings, observed, toNextHops(layout, after)), owners: after, active };
  }
  const last = owners && whenNoGateways === "keep" ? indexesOf((_, index) => owners.includes(index)) : undefined;
  const desired = !last
    ? stateWith(settings, observed, [])
    : last.size === 0
      ? holding(settings, observed) // nothing could be made anew now; what stands may be of use again
      : stateWith(settings, observed, toNextHops(layout, placeCells(layout, owners, last)));
  return { desired, owners, active: [] };
}

/** Everything as it should be, but for our ways through gateways to what is managed: those stay as they are. */
export function holding(settings: RoutingSettings, observed: Observed): Desired {
  const state = stateWith(settings, observed, []);
  const keys = new Set(state.routes.map(routeKey));
  const throws = state.routes.flatMap(({ type, destination }) => (type === "throw" ? destination : []));
  const ways = observed.routes.flatMap(({ type, protocol, ...route }): Route | [] => {
    if (protocol !== PROTOCOL || type !== "unicast" || keys.has(routeKey(route))) return [];
    const isManaged = longestAround(route.destination, state.managed) > longestAround(route.destination, throws);
    return isManaged ? { ...route, type } : [];
  });
  return { ...state, routes: [...state.routes, ...ways] };
}

/** The prefix of the smallest network around the inner one; -1 when none is. */
function longestAround(inner: Cidr, networks: readonly Cidr[]): number {
  return networks.reduce((most, outer) => (contains(outer, inner) ? Math.max(most, outer.prefix) : most), -1);
}

function stateWith(
  { destinations, place, whenNoGateways }: RoutingSettings,
  { connected }: Observed,
  nexthops: readonly NextHop[],
): Desired {
  return desiredState(destinations, connected, nexthops, place, rejectTypeOf(whenNoGateways));
}
