import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, probeTablesOf, tableRefOf } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { RoutingSettings } from "../routing/decide.ts";
import type { Reading } from "../routing/kernel.ts";
import { type TargetUse, targetUse } from "../routing/probe-answers.ts";
import { layoutOf } from "../routing/slots.ts";
import type { Route } from "../routing/types.ts";

/** What a service asks of the routes of one of its pools. The first one has those for probes, through all gateways. */
export function routingSettingsOf(config: Config, index = 0): RoutingSettings {
  const pool = config.pools[index]!;
  return {
    layout: layoutOf(
      pool.gateways,
      pool.members.map(({ weight }) => weight),
    ),
    tiers: tierRulesOf(pool),
    destinations: destinationsOf(pool, addressesOf(config)),
    tableRef: tableRefOf(pool),
    whenNoGateways: pool.whenNoGateways,
    quorum: { least: pool.minHealthy, policy: pool.minHealthyPolicy },
    ...(index === 0 && { probes: probeTablesOf(config), probed: addressesOf(config) }),
  };
}

/** What the service reads of the kernel for each pool. */
export function readingsOf(config: Config): Reading[] {
  return config.pools.map(({ table, gateways }, index) =>
    index === 0 ? { table, gateways: addressesOf(config), probes: probeTablesOf(config) } : { table, gateways },
  );
}

/**
 * What pools besides the first one do with packets to targets of probes.
 *
 * @param routesOf the routes that a pool should have, by its index
 */
export function usesBesides(config: Config, routesOf: (index: number) => readonly Route[]): TargetUse[] {
  const targets = probeTablesOf(config)?.targets ?? [];
  return config.pools.flatMap((pool, index) =>
    index === 0 ? [] : targetUse(targets, routesOf(index), tableRefOf(pool)),
  );
}
