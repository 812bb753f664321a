import { sideOf } from "../config/families.ts";
import type { Config, PoolConfig } from "../config/model.ts";
import { everything, subtract } from "../net/cidr.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { list } from "../text/list.ts";
import { type Finding, warning } from "./finding.ts";

/** Pools that a sentence names at most. */
const MOST_POOLS = 8;

/**
 * Pools with a kill switch for IPv4 alone, beside others that route IPv6 or reject it.
 *
 * @param leads whether this machine has an IPv6 default route
 */
export function checkUnroutedIpv6(config: Pick<Config, "pools" | "service">, leads: boolean): Finding[] {
  const closed = closedInIpv4(config);
  const isAll = config.pools.every((pool) => sideOf(pool, 6) === undefined);
  if (!leads || isAll || closed.length === 0) return [];
  const [subject, verb] = closed.length === 1 ? ["pool", "routes"] : ["pools", "route"];
  const text = `${subject} ${namesOf(closed)} ${verb} IPv4 alone, and this machine has an IPv6 default route: IPv6 packets of the same devices bypass the gateways and the kill switch`;
  const block = blockRemedy(config);
  const route = `route IPv6 there as well: ::/0 in routes${sourcesOf(closed)}`;
  return [warning("ipv6", text, block === undefined ? route : `${block}; or ${route}`)];
}

/** How pools with a kill switch for IPv4 alone reject IPv6 as well; undefined where they do not route all of IPv4. */
export function blockRemedy(config: Pick<Config, "pools" | "service">): string | undefined {
  const able = closedInIpv4(config).filter(({ route }) => subtract(everything(4), route).length === 0);
  if (able.length === 0) return undefined;
  if (config.service.config === undefined) return "set -block-ipv6";
  const where = config.pools.length === 1 ? "" : ` of ${able.length === 1 ? "pool" : "pools"} ${namesOf(able)}`;
  return `set block-ipv6 = true${where}${sourcesOf(able)}`;
}

function closedInIpv4({ pools }: Pick<Config, "pools">): PoolConfig[] {
  return pools.filter((pool) => {
    return sideOf(pool, 6) === undefined && rejectTypeOf(pool.whenNoGateways) !== undefined;
  });
}

function namesOf(pools: readonly PoolConfig[]): string {
  const names = pools.flatMap(({ name }) => name ?? []);
  return list(names, MOST_POOLS);
}

/** Pools for some sources of IPv4 need those of IPv6. */
function sourcesOf(pools: readonly PoolConfig[]): string {
  return pools.some(({ selectors: { from } }) => from.length > 0) ? ", and networks of IPv6 in from" : "";
}
