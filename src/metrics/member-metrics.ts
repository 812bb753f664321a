import type { PoolConfig } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { Emit } from "../events/events.ts";
import { leadsToTable, nexthopsInUse, sharesOf } from "../routing/shares.ts";
import type { NextHop } from "../routing/types.ts";
import type { Meters } from "./registry.ts";

/** Shows which part of a pool's flows each of its gateways carries. Each has a series from the start. */
export function createShareMetrics({ gateways, table, preference }: PoolConfig, { gauge }: Meters): Emit {
  const series = gateways.map((one) => [one, gauge("gateway_share_ratio").labels({ gateway_ip: one })] as const);
  let nexthops: readonly NextHop[] = [];
  let isDiverted = false;
  const show = (): void => {
    const shares = new Map(sharesOf(isDiverted ? [] : nexthops).map(({ gateway, share }) => [gateway, share]));
    for (const [gateway, one] of series) one.set(shares.get(gateway) ?? 0);
  };
  show();
  return (event) => {
    switch (event.type) {
      case "observed":
        nexthops = leadsToTable(event.rules, { table, preference }) ? nexthopsInUse(event.routes) : [];
        show();
        break;
      case "preceded":
        isDiverted = event.diversions.some(({ extent }) => extent === "all");
        show();
        break;
    }
  };
}

/** Shows the weights and tiers of a pool's gateways, each where they differ. */
export function recordMembers(pool: PoolConfig, { gauge }: Meters): void {
  const isWeighted = pool.members.some(({ weight }) => weight !== 1);
  const isTiered = tierRulesOf(pool) !== undefined;
  for (const { gateway, weight, tier } of pool.members) {
    if (isWeighted) gauge("gateway_weight").set({ gateway_ip: gateway }, weight);
    if (isTiered) gauge("gateway_tier").set({ gateway_ip: gateway }, tier);
  }
}
