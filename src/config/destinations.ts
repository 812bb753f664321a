import type { PoolConfig } from "./parse.ts";
import { rangeToCidrs } from "../net/cidr.ts";
import { RESERVED_CIDRS } from "../net/reserved.ts";
import type { Destinations } from "../routing/desired.ts";

/** What the options of a pool say of destinations. */
export function destinationsOf(pool: PoolConfig): Destinations {
  const { route, excludeCidr, excludeReservedCidrs, startIp, endIp } = pool;
  return {
    managed: route,
    excluded: excludeCidr,
    reserved: excludeReservedCidrs ? RESERVED_CIDRS : [],
    gateways: rangeToCidrs(startIp, endIp),
  };
}
