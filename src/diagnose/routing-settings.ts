import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, probeTablesOf, tableRefOf } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import { distinct } from "../net/cidr.ts";
import { rejectedTargets, type RoutingSettings } from "../routing/decide.ts";
import type { Reading } from "../routing/kernel.ts";
import { layoutOf } from "../routing/slots.ts";
import type { Observed, Route } from "../routing/types.ts";

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
 * The targets of probes to which pools besides the first one reject packets of this machine.
 *
 * @param routesOf the routes that a pool should have, by its index
 */
export function rejectedBesides(
  config: Config,
  observed: readonly Observed[],
  routesOf: (index: number) => readonly Route[],
): RoutingSettings["rejectedElsewhere"] {
  const targets = probeTablesOf(config)?.targets ?? [];
  const rejected = config.pools.flatMap((pool, index) =>
    index === 0 ? [] : rejectedTargets(targets, routesOf(index), tableRefOf(pool), observed[index]!),
  );
  return distinct(rejected);
}
