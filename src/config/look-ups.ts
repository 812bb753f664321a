import { isAddress, parseAddress, rangeSize } from "../net/address.ts";
import { classify } from "../routing/classify.ts";
import { type DestinationOptions, destinationsOf } from "./destinations.ts";
import type { OptionValues } from "./options.ts";

/** What decides whether a service is asked for public addresses through each gateway. */
export type LookUpNeeds = Partial<
  DestinationOptions &
    Pick<OptionValues, "publicIpServiceHostname" | "publicIpRequired" | "ddnsProvider" | "startIp" | "endIp">
>;

/**
 * Whether a service is asked for the public addresses of the gateways, through each of them. One with an address that is
 * not routed through the gateways is asked over the usual routes; of a host name that shows only when it is resolved.
 */
export function asksThrough(values: LookUpNeeds): boolean {
  const { publicIpServiceHostname: host, publicIpRequired, ddnsProvider } = values;
  const isAsked = host !== undefined && (ddnsProvider !== undefined || publicIpRequired === true);
  return isAsked && (!isAddress(host) || isRouted(host, values));
}

/** Whether the options route an address through the gateways; those that are missing or faulty say nothing. */
function isRouted(address: string, { route, excludeCidr, excludeReservedCidrs, startIp, endIp }: LookUpNeeds): boolean {
  if (!startIp || !endIp || excludeReservedCidrs === undefined) return true;
  const host = parseAddress(address)!;
  const gateways = rangeSize(startIp, host) > 0 && rangeSize(host, endIp) > 0 ? [address] : [];
  const sound = { route: known(route), excludeCidr: known(excludeCidr), excludeReservedCidrs };
  return isManaged(address, sound, gateways);
}

/** Whether the options of a pool route an address through its gateways, whatever networks this machine has. */
export function isManaged(address: string, pool: DestinationOptions, gateways: readonly string[]): boolean {
  return classify(address, destinationsOf(pool, gateways), []).kind === "managed";
}

function known<T>(values: readonly (T | undefined)[] = []): T[] {
  return values.filter((one) => one !== undefined);
}
