import { parseAddress } from "../net/address.ts";
import { addressesToCidrs } from "../net/cidr.ts";
import { RESERVED_CIDRS } from "../net/reserved.ts";
import { classify } from "../routing/classify.ts";
import type { Destinations } from "../routing/desired.ts";
import type { OptionValues } from "./options.ts";

/** The options that say which destinations are routed through the gateways. */
export type DestinationOptions = Pick<OptionValues, "route" | "excludeCidr" | "excludeReservedCidrs">;

/**
 * What the options of a pool say of destinations.
 *
 * @param gateways all of them: a probe must never travel through another gateway, of whatever pool
 */
export function destinationsOf(pool: DestinationOptions, gateways: readonly string[]): Destinations {
  const { route, excludeCidr, excludeReservedCidrs } = pool;
  return {
    managed: route,
    excluded: excludeCidr,
    reserved: excludeReservedCidrs ? RESERVED_CIDRS : [],
    gateways: addressesToCidrs(gateways.map((gateway) => parseAddress(gateway)!)),
  };
}

/** Whether the options of a pool route an address through its gateways, whatever networks this machine has. */
export function isManaged(address: string, pool: DestinationOptions, gateways: readonly string[]): boolean {
  return classify(address, destinationsOf(pool, gateways), []).kind === "managed";
}
