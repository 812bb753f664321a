import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, probeTablesOf, tableRefOf } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { RoutingSettings } from "../routing/decide.ts";
import { layoutOf } from "../routing/slots.ts";

/** What a service asks of the routes of its first pool. */
export function routingSettingsOf(config: Config): RoutingSettings {
  const [pool] = config.pools;
  return {
    layout: layoutOf(
      pool.gateways,
      pool.members.map(({ weight }) => weight),
    ),
    tiers: tierRulesOf(pool),
    destinations: destinationsOf(pool, addressesOf(config)),
    tableRef: tableRefOf(pool),
    probes: probeTablesOf(config),
    whenNoGateways: pool.whenNoGateways,
    quorum: { least: pool.minHealthy, policy: pool.minHealthyPolicy },
  };
}
