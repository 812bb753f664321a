import { destinationsOf } from "../config/destinations.ts";
import { type PoolConfig, probeTablesOf, tableRefOf } from "../config/model.ts";
import type { RoutingSettings } from "../routing/decide.ts";
import { layoutOf } from "../routing/slots.ts";

/** What a service asks of the routes of a pool. */
export function routingSettingsOf(pool: PoolConfig): RoutingSettings {
  return {
    layout: layoutOf(pool.gateways),
    destinations: destinationsOf(pool),
    tableRef: tableRefOf(pool),
    probes: probeTablesOf(pool),
    whenNoGateways: pool.whenNoGateways,
    quorum: { least: pool.minHealthy, policy: pool.minHealthyPolicy },
  };
}
