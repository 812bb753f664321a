import type { Config } from "./parse.ts";
import { rangeToCidrs } from "../net/cidr.ts";
import { RESERVED_CIDRS } from "../net/reserved.ts";
import type { Destinations } from "../routing/desired.ts";

/** What the options say of destinations. */
export function destinationsOf(config: Config): Destinations {
  const { route, excludeCidr, excludeReservedCidrs, startIp, endIp } = config;
  return {
    managed: route,
    excluded: excludeCidr,
    reserved: excludeReservedCidrs ? RESERVED_CIDRS : [],
    gateways: rangeToCidrs(startIp, endIp),
  };
}
