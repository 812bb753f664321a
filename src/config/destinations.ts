import { parseAddress } from "../net/address.ts";
import { addressesToCidrs } from "../net/cidr.ts";
import { RESERVED_CIDRS } from "../net/reserved.ts";
import type { Destinations } from "../routing/desired.ts";
import type { OptionValues } from "./options.ts";

/** What decides which destinations are routed through the gateways. */
export interface DestinationOptions extends Pick<OptionValues, "route" | "excludeCidr" | "excludeReservedCidrs"> {
  /** Their addresses. */
  readonly gateways: readonly string[];
}

/** What the options of a pool say of destinations. */
export function destinationsOf(pool: DestinationOptions): Destinations {
  const { route, excludeCidr, excludeReservedCidrs, gateways } = pool;
  return {
    managed: route,
    excluded: excludeCidr,
    reserved: excludeReservedCidrs ? RESERVED_CIDRS : [],
    gateways: addressesToCidrs(gateways.map((gateway) => parseAddress(gateway)!)),
  };
}
