import { type Config, placedGateways, probeTablesOf, tableRefOf } from "../config/model.ts";
import { routingSettingsOf } from "../config/routing-settings.ts";
import type { Family } from "../net/address.ts";
import type { RoutingSettings } from "../routing/decide.ts";
import type { Reading } from "../routing/kernel.ts";
import { type TargetUse, targetUse } from "../routing/probe-answers.ts";
import type { Route } from "../routing/types.ts";

/**
 * What a service asks of the routes of one of its pools. The first one that has gateways has those for probes.
 *
 * @param config as the family has it
 */
export function settingsOfPool(config: Config, index = 0, family: Family = 4): RoutingSettings {
  return routingSettingsOf(config.pools[index]!, config, family, index === probesOwner(config));
}

/** The index of the pool that has the routes for probes: the first one that has gateways; -1 where none has. */
export function probesOwner({ pools }: Pick<Config, "pools">): number {
  return pools.findIndex(({ members }) => members.length > 0);
}

/**
 * What the service reads of the kernel for each pool.
 *
 * @param config as the family has it
 */
export function readingsOf(config: Config, family: Family = 4): Reading[] {
  const all = { gateways: placedGateways(config), probes: probeTablesOf(config, family) };
  const owner = probesOwner(config);
  return config.pools.map(({ table, gateways, markerRoute }, index) => {
    return { family, table, gateways, markers: markerRoute.length > 0, ...(index === owner && all) };
  });
}

/**
 * What pools besides the one that has the routes for probes do with packets to the targets of these.
 *
 * @param routesOf the routes that a pool should have, by its index
 */
export function usesBesides(config: Config, routesOf: (index: number) => readonly Route[]): TargetUse[] {
  const targets = probeTablesOf(config)?.targets ?? [];
  const owner = probesOwner(config);
  return config.pools.flatMap((pool, index) =>
    index === owner ? [] : targetUse(targets, routesOf(index), tableRefOf(pool)),
  );
}
