import { rangeToCidrs } from "../net/cidr.ts";
import { RESERVED_CIDRS } from "../net/reserved.ts";
import type { Destinations } from "../routing/desired.ts";
import type { OptionValues } from "./options.ts";

/** The options that say which destinations are routed through the gateways. */
export type DestinationOptions = Pick<
  OptionValues,
  "route" | "excludeCidr" | "excludeReservedCidrs" | "startIp" | "endIp"
>;

/** What the options of a pool say of destinations. */
export function destinationsOf(pool: DestinationOptions): Destinations {
  const { route, excludeCidr, excludeReservedCidrs, startIp, endIp } = pool;
  return {
    managed: route,
    excluded: excludeCidr,
    reserved: excludeReservedCidrs ? RESERVED_CIDRS : [],
    gateways: rangeToCidrs(startIp, endIp),
  };
}
