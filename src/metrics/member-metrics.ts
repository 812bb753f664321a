import type { PoolConfig } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { Emit } from "../events/events.ts";
import { leadsToTable, nexthopsInUse, sharesOf } from "../routing/shares.ts";
import type { NextHop } from "../routing/types.ts";
import type { Meters } from "./registry.ts";

/** What the kernel does with the flows of a pool, by the last events. */
export interface Flows {
  nexthops: readonly NextHop[];
  /** Whether another program keeps all packets from the gateways. */
  isDiverted: boolean;
}

/** Before the first event. */
export const NO_FLOWS: Flows = { nexthops: [], isDiverted: false };

/** Shows which part of a pool's flows each of its gateways carries. Each has a series from the start. */
export function createShareMetrics(
  { gateways, table, preference }: PoolConfig,
  flows: Flows,
  { gauge }: Pick<Meters, "gauge">,
): Emit {
  const series = gateways.map((one) => [one, gauge("gateway_share_ratio").labels({ gateway_ip: one })] as const);
  const show = (): void => {
    const parts = sharesOf(flows.isDiverted ? [] : flows.nexthops);
    const shares = new Map(parts.map(({ gateway, share }) => [gateway, share]));
    for (const [gateway, one] of series) one.set(shares.get(gateway) ?? 0);
  };
  show();
  return (event) => {
    switch (event.type) {
      case "observed":
        flows.nexthops = leadsToTable(event.rules, { table, preference }) ? nexthopsInUse(event.routes) : [];
        show();
        break;
      case "preceded":
        flows.isDiverted = event.diversions.some(({ extent }) => extent === "all");
        show();
        break;
    }
  };
}

/** Shows the weights and tiers of a pool's gateways, each where they differ. */
export function recordMembers(pool: PoolConfig, { gauge }: Meters): void {
  const weighted = isWeighted(pool);
  const isTiered = tierRulesOf(pool) !== undefined;
  for (const { gateway, weight, tier } of pool.members) {
    if (weighted) gauge("gateway_weight").set({ gateway_ip: gateway }, weight);
    if (isTiered) gauge("gateway_tier").set({ gateway_ip: gateway }, tier);
  }
}

/** Whether not all weights of a pool are 1. */
export function isWeighted({ members }: Pick<PoolConfig, "members">): boolean {
  return members.some(({ weight }) => weight !== 1);
}
