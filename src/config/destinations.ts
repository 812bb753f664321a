import { FAMILIES, type Family, parseAddress } from "../net/address.ts";
import { addressesToCidrs } from "../net/cidr.ts";
import { RESERVED } from "../net/reserved.ts";
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
    reserved: excludeReservedCidrs ? routedFamilies(pool).flatMap((family) => RESERVED[family]) : [],
    gateways: addressesToCidrs(gateways.map((gateway) => parseAddress(gateway, FAMILIES)!)),
  };
}

/** The families of which a pool routes anything. */
export function routedFamilies({ route }: Pick<DestinationOptions, "route">): Family[] {
  return FAMILIES.filter((family) => route.some(({ address }) => address.family === family));
}

/** Whether the options of a pool route an address through its gateways, whatever networks this machine has. */
export function isManaged(address: string, pool: DestinationOptions, gateways: readonly string[]): boolean {
  return classify(address, destinationsOf(pool, gateways), []).kind === "managed";
}
