import { type Desired, type NextHop, type ObservedRoute, type ObservedRule, PROTOCOL, type TableRef } from "./types.ts";

/** A gateway's part of all flows. */
export interface Share {
  readonly gateway: string;
  readonly device: string;
  /** From 0 to 1. */
  readonly share: number;
}

/** The shares of a route's gateways, in the order of their first nexthop. */
export function sharesOf(nexthops: readonly NextHop[]): Share[] {
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  const weights = new Map<string, { readonly device: string; readonly weight: number }>();
  for (const { gateway, device = "", weight } of nexthops) {
    weights.set(gateway, { device, weight: (weights.get(gateway)?.weight ?? 0) + weight });
  }
  return [...weights].map(([gateway, { device, weight }]) => ({ gateway, device, share: weight / total }));
}

/** The nexthops that the flows of a pool are to use; in IPv6 those of the slots, by which its routes name them. */
export function desiredNexthops({ routes, nexthops }: Pick<Desired, "routes" | "nexthops">): readonly NextHop[] {
  const route = routes.find(({ type }) => type === "unicast");
  if (route?.nexthopId === undefined) return route?.nexthops ?? [];
  return nexthops?.slots.map(({ kind: _, id: __, ...slot }) => ({ ...slot, weight: 1 })) ?? [];
}

/** Whether the rule of a pool leads to its table. */
export function leadsToTable(rules: readonly ObservedRule[], { table, preference }: TableRef): boolean {
  return rules.some(
    (rule) =>
      rule.kind === "lookup" && rule.protocol === PROTOCOL && rule.table === table && rule.preference === preference,
  );
}

/** The nexthops that the flows of a pool use, by all routes of its table: those of its first managed route. */
export function nexthopsInUse(routes: readonly ObservedRoute[]): readonly NextHop[] {
  const managed = routes.filter(({ protocol, type }) => protocol === PROTOCOL && type === "unicast");
  return managed.toSorted((a, b) => a.metric - b.metric)[0]?.nexthops ?? [];
}
