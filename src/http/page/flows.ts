import type { Route } from "../../status/schema.ts";
import { percent } from "../../status/phrases.ts";
import { addressText, type GatewayText } from "../../text/gateway.ts";

/** Managed routes with the same shares of flows. */
export interface RouteGroup {
  /** Unique among the groups. */
  readonly key: string;
  readonly destinations: readonly string[];
  /** Each gateway's share of the flows; empty for a reject route. */
  readonly shares: Route["shares"];
  readonly description: string;
  /** The type of a reject route, such as unreachable; null for a route with nexthops. */
  readonly rejectType: string | null;
}

/** Up to so many gateways are listed one by one. */
const MOST_NAMED = 8;

/** The managed routes in use, grouped by shares. A reject route behind a route with nexthops is not in use. */
export function groupRoutes(routes: readonly Route[], textOf: GatewayText = addressText): RouteGroup[] {
  const used = new Set(routes.flatMap(({ type, destination }) => (type === "unicast" ? destination : [])));
  const inUse = routes.filter(({ type, destination }) => type === "unicast" || !used.has(destination));
  const groups = Map.groupBy(inUse, ({ type, shares, nexthops }) => JSON.stringify([type, shares, nexthops.length]));
  return [...groups.values()].map((alike) => {
    const { type, shares } = alike[0]!;
    const rejectType = type === "unicast" ? null : type;
    return {
      key: alike[0]!.destination,
      destinations: alike.map(({ destination }) => destination),
      shares: rejectType === null ? shares : [],
      description: rejectType === null ? describeShares(shares, textOf) : `${rejectType}: packets are not forwarded`,
      rejectType,
    };
  });
}

/** The share of each gateway, in words. */
export function describeShares(shares: Route["shares"], textOf: GatewayText = addressText): string {
  if (shares.length === 0) return "no gateway";
  const parts = shares.map(({ share }) => share);
  const [least, most] = [percent(Math.min(...parts)), percent(Math.max(...parts))];
  if (shares.length === 1) return `all to ${textOf(shares[0]!.gateway)}`;
  if (least === most) return `${shares.length} gateways, ${least} each`;
  if (shares.length <= MOST_NAMED) {
    return shares.map(({ gateway, share }) => `${textOf(gateway)} ${percent(share)}`).join(", ");
  }
  return `${shares.length} gateways, ${least} to ${most} each`;
}

/**
 * Which part of a bar stands at each of so many places, which are equally far from each other; null where it is that of the
 * place before.
 */
export function axisOf(shares: Route["shares"], places: number): (string | null)[] {
  const ends = shares.map((_, index) => shares.slice(0, index + 1).reduce((sum, { share }) => sum + share, 0));
  const total = ends.at(-1) ?? 0;
  const length = Math.min(places, shares.length);
  const at = Array.from({ length }, (_, place) => {
    const here = ((place + 0.5) / length) * total;
    return ends.findIndex((end) => here < end);
  });
  return at.map((index, place) => (index === at[place - 1] ? null : shares[index]!.gateway));
}
