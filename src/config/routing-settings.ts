import type { Family } from "../net/address.ts";
import type { Quorum } from "../pool/quorum.ts";
import type { RoutingSettings } from "../routing/decide.ts";
import { MOST_SLOTS } from "../routing/nexthop-ids.ts";
import { layoutOf } from "../routing/slots.ts";
import { destinationsOf } from "./destinations.ts";
import { gatewaysInFamily } from "./families.ts";
import { addressesOf, type Config, placedGateways, type PoolConfig, probeTablesOf, tableRefOf } from "./model.ts";
import { tierRulesOf } from "./tiers.ts";

/**
 * What is asked of the routes of a pool in one family.
 *
 * @param pool as the family has it
 * @param hasProbes whether it has the routes for probes of its family through all gateways
 */
export function routingSettingsOf(
  pool: PoolConfig,
  config: Config,
  family: Family,
  hasProbes: boolean,
): RoutingSettings {
  const weights = pool.members.map(({ weight }) => weight);
  const gateways = gatewaysInFamily(config.gateways, family);
  return {
    ...(family === 6 && { family }),
    layout: layoutOf(pool.gateways, weights, family === 6 ? MOST_SLOTS : undefined),
    tiers: tierRulesOf(pool),
    placement: pool.placement,
    quorum: quorumOf(pool),
    destinations: destinationsOf(pool, addressesOf({ gateways })),
    tableRef: tableRefOf(pool),
    probes: hasProbes && pool.members.length > 0 ? probeTablesOf(config, family) : undefined,
    probed: hasProbes ? placedGateways({ gateways }) : undefined,
    whenNoGateways: pool.whenNoGateways,
    markers: pool.markerRoute.length > 0 ? { destinations: pool.markerRoute, least: pool.usableMin } : undefined,
  };
}

/** Whether a pool takes over what the earlier program has left. */
export function takesOver(config: Config, pool: PoolConfig): boolean {
  return config.service.takeOver && canTakeOver(config, pool);
}

/**
 * Whether it could. Where another pool has the table behind its own, rules of that program lead there, with packets that are
 * not for that pool.
 */
export function canTakeOver({ pools }: Config, { table }: PoolConfig): boolean {
  return !pools.some((other) => other.table === table + 1);
}

/** How many gateways a pool has to have, and what it does with fewer. */
export function quorumOf({ minHealthy: least, minHealthyPolicy: policy }: PoolConfig): Quorum {
  return { least, policy };
}
