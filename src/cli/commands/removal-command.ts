import { gatewaysInFamily, handledFamilies, managedFamilies, sidesOf } from "../../config/families.ts";
import { type Config, placedGateways, probeTablesOf, type PoolConfig, tableRefOf } from "../../config/model.ts";
import type { Family } from "../../net/address.ts";
import { formatCidr } from "../../net/cidr.ts";
import { rejectTypeOf, removalOrder } from "../../routing/kill-switch.ts";
import { idsOf } from "../../routing/nexthop-ids.ts";
import { answerTableOf, probeRemovalOrder } from "../../routing/probe-tables.ts";
import { type ProbeTables, PROTOCOL } from "../../routing/types.ts";
import { ipCommand } from "../../text/family.ts";

/** The commands that remove by hand all that the service has in the kernel. */
export function removalCommand(config: Config): string {
  return handledFamilies(config)
    .flatMap((family) => ofFamily(config, family))
    .join("; ");
}

function ofFamily(config: Config, family: Family): string[] {
  const pools = config.pools.flatMap(sidesOf).flatMap((side) => (side.family === family ? side.pool : []));
  const probes = managedFamilies(config).includes(family) ? probeTablesOf(config, family) : undefined;
  const places = placedGateways({ gateways: gatewaysInFamily(config.gateways, family) }).length;
  return [
    ...pools.flatMap((pool) => ofPool(pool, family)),
    ...(probes ? ofProbes(probes, places, pools.some(isGuarded), family) : []),
  ];
}

function ofPool(pool: PoolConfig, family: Family): string[] {
  const { table, preference, selectors } = tableRefOf(pool);
  const preferences = isGuarded(pool) ? removalOrder(preference) : [preference];
  const verb = isGuarded(pool) || selectors !== undefined ? "flush" : "del";
  return [
    ...pool.markerRoute.map(
      (one) => `${ipCommand(family)} route del blackhole ${formatCidr(one)} proto ${PROTOCOL} metric ${table}`,
    ),
    ...preferences.map((one) => `${ipCommand(family)} rule ${verb} pref ${one} protocol ${PROTOCOL}`),
    ...(family === 6 && pool.members.length > 0 ? [nexthopRemoval(table)] : []),
    `${ipCommand(family)} route flush table ${table} proto ${PROTOCOL}`,
  ];
}

/**
 * With the group of a table, which comes first, the kernel removes the routes that have it: ip cannot flush those. The ids of
 * the table that no object has are errors.
 */
function nexthopRemoval(table: number): string {
  const { first, last } = idsOf(table);
  return `for i in $(seq ${first} ${last}); do ip nexthop del id $i 2>/dev/null; done`;
}

function ofProbes(probes: ProbeTables, gateways: number, guarded: boolean, family: Family): string[] {
  const { preference, table } = probes;
  const last = table + gateways - 1;
  const more = guarded ? ` ${answerTableOf(probes)}` : "";
  const ip = ipCommand(family);
  return [
    ...probeRemovalOrder(preference).map((one) => `${ip} rule flush pref ${one} protocol ${PROTOCOL}`),
    `for t in $(seq ${table} ${last})${more}; do ${ip} route flush table $t proto ${PROTOCOL}; done`,
  ];
}

function isGuarded({ whenNoGateways }: PoolConfig): boolean {
  return rejectTypeOf(whenNoGateways) !== undefined;
}
