import type { NextHop } from "./types.ts";

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
