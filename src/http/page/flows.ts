import type { Route } from "../../status/schema.ts";
import { percent } from "../../status/phrases.ts";

/** Managed routes that lead the same way. */
export interface RouteGroup {
  /** Tells the group from all others. */
  readonly key: string;
  readonly destinations: readonly string[];
  /** What each gateway gets of the flows; empty for a route that leads nowhere. */
  readonly shares: Route["shares"];
  /** Where the flows go, in words. */
  readonly words: string;
  /** How packets are refused, such as unreachable; null for a route that leads somewhere. */
  readonly refused: string | null;
}

/** So many gateways are named in words one by one. */
const MOST_NAMED = 8;

/** The managed routes that are in use, those that lead the same way together. One that refuses may stand by behind another. */
export function groupRoutes(routes: readonly Route[]): RouteGroup[] {
  const used = new Set(routes.flatMap(({ type, destination }) => (type === "unicast" ? destination : [])));
  const inUse = routes.filter(({ type, destination }) => type === "unicast" || !used.has(destination));
  const groups = Map.groupBy(inUse, ({ type, shares, nexthops }) => JSON.stringify([type, shares, nexthops.length]));
  return [...groups.values()].map((alike) => {
    const { type, shares } = alike[0]!;
    const refused = type === "unicast" ? null : type;
    return {
      key: alike[0]!.destination,
      destinations: alike.map(({ destination }) => destination),
      shares: refused === null ? shares : [],
      words: refused === null ? describeShares(shares) : `${refused}: packets are refused`,
      refused,
    };
  });
}

/** Who gets what part of the flows. */
export function describeShares(shares: Route["shares"]): string {
  if (shares.length === 0) return "no gateway";
  const parts = shares.map(({ share }) => share);
  const [least, most] = [percent(Math.min(...parts)), percent(Math.max(...parts))];
  if (shares.length === 1) return `all to ${shares[0]!.gateway}`;
  if (least === most) return `${shares.length} gateways, ${least} each`;
  if (shares.length <= MOST_NAMED) return shares.map(({ gateway, share }) => `${gateway} ${percent(share)}`).join(", ");
  return `${shares.length} gateways, ${least} to ${most} each`;
}
