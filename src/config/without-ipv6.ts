import { rejectTypeOf } from "../routing/kill-switch.ts";
import { gatewaysInFamily, inFamily, rejectedIn, sideOf } from "./families.ts";
import type { Config, PoolConfig } from "./model.ts";

/*
 * What is left of a configuration where IPv6 cannot be routed. Packets of IPv6 that a pool may never let past its gateways
 * are rejected then, which needs no gateway.
 */

/** The pools whose packets of IPv6 may not bypass their gateways. */
export function guardedPools({ pools }: Pick<Config, "pools">): PoolConfig[] {
  return pools.filter((pool) => {
    return sideOf(pool, 6) !== undefined && rejectTypeOf(pool.whenNoGateways) !== undefined;
  });
}

/**
 * A configuration that routes IPv4 alone, and rejects IPv6 where that is wanted; undefined where nothing is left to route.
 *
 * @param mayReject whether IPv6 can be rejected
 */
export function withoutIpv6(config: Config, mayReject: boolean): Config | undefined {
  const guarded = mayReject ? guardedPools(config) : [];
  const [first, ...others] = config.pools.flatMap((pool): PoolConfig | [] => {
    const own = inFamily(pool, 4);
    if (own === undefined) return [];
    return guarded.includes(pool) ? rejecting(pool, own) : { ...own, blockIpv6: false };
  });
  if (first === undefined) return undefined;
  return { ...config, gateways: gatewaysInFamily(config.gateways, 4), pools: [first, ...others] };
}

/** A pool that routes IPv4, with its packets of IPv6 rejected. */
function rejecting(whole: PoolConfig, inIpv4: PoolConfig): PoolConfig {
  const { selectors, excludeCidr } = whole;
  const rejectedIpv6 = sideOf(whole, 6)!.route;
  return { ...inIpv4, selectors, excludeCidr, ...(rejectedIn(whole, 6).length === 0 && { rejectedIpv6 }) };
}
