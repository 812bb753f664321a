import { type NextHop, type ObservedRoute, type ObservedRule, PROTOCOL, type TableRef } from "./types.ts";

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
  const shares = new Map<string, Share>();
  for (const { gateway, device = "", weight } of nexthops) {
    const before = shares.get(gateway)?.share ?? 0;
    shares.set(gateway, { gateway, device, share: before + weight / total });
  }
  return [...shares.values()];
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
