import { type Address, formatAddress, parseAddress } from "./address.ts";
import { hostOf } from "./cidr.ts";

/**
 * A host as it stands in a URL: an IPv6 address in brackets (RFC 3986), and without its zone, for which URLs have no
 * place. Names and IPv4 addresses are written as they are.
 */
export function hostInUrl(host: string): string {
  const address = parseAddress(host, [6]);
  return address === undefined ? host : `[${formatAddress(hostOf(address).address)}]`;
}

/** The address that the host of a URL is, which has brackets there where it is of IPv6; undefined for a name. */
export function addressInUrl(hostname: string): Address | undefined {
  const [, inside] = /^\[(.*)\]$/s.exec(hostname) ?? [];
  return inside === undefined ? parseAddress(hostname) : parseAddress(inside, [6]);
}
