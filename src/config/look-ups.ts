import { isAddress } from "../net/address.ts";
import { type DestinationOptions, isManaged } from "./destinations.ts";
import { familiesOf, inFamily } from "./families.ts";
import { isGateway } from "./gateway-counts.ts";
import type { PoolConfig } from "./model.ts";
import type { OptionValues } from "./options.ts";

/** What decides whether a service is asked for public addresses through each gateway. */
export type LookUpNeeds = Partial<
  DestinationOptions &
    Pick<
      OptionValues,
      "publicIpServiceHostname" | "publicIpRequired" | "ddnsProvider" | "startIp" | "endIp" | "gateway"
    >
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

/**
 * The gateways whose public addresses DNS names need, by their addresses in the families that are routed and in which any
 * name of a pool has records: each is looked up once, whatever pools have it.
 */
export function publishedGateways(pools: readonly PoolConfig[]): Set<string> {
  const sides = pools.flatMap((pool) => familiesOf(pool).map((family) => inFamily(pool, family)!));
  return new Set(sides.flatMap(({ dnsNames, gateways }) => (dnsNames.length > 0 ? gateways : [])));
}

/** Whether the options route an address through the gateways; those that are missing or faulty say nothing. */
function isRouted(address: string, values: LookUpNeeds): boolean {
  const { route, excludeCidr, excludeReservedCidrs } = values;
  if (excludeReservedCidrs === undefined) return true;
  const sound = { route: known(route), excludeCidr: known(excludeCidr), excludeReservedCidrs };
  return isManaged(address, sound, isGateway(address, values) ? [address] : []);
}

function known<T>(values: readonly (T | undefined)[] = []): T[] {
  return values.filter((one) => one !== undefined);
}
