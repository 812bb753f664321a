import type { Address, Family } from "./address.ts";
import { type Cidr, contains, hostOf, parseCidr } from "./cidr.ts";

const ipv4 = (...texts: string[]): readonly Cidr[] => texts.map((text) => parseCidr(text)!);
const ipv6 = (...texts: string[]): readonly Cidr[] => texts.map((text) => parseCidr(text, [6])!);

/** IPv4 ranges that are not public destinations (RFC 6890 and RFC 5735), kept out of the managed routes by default. */
export const RESERVED_CIDRS = ipv4(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
);

/**
 * IPv6 ranges that are not public destinations (IANA's registry of special addresses, RFC 6890), kept out of the managed
 * routes by default. Those by which a translator reaches IPv4 (64:ff9b::/96) are public.
 */
export const RESERVED_IPV6_CIDRS = ipv6(
  "::/128",
  "::1/128",
  "::ffff:0:0/96", // IPv4 as sockets see it
  "64:ff9b:1::/48", // translators of one network (RFC 8215)
  "100::/64", // discarded (RFC 6666)
  "2001:db8::/32", // documentation, and the next one
  "3fff::/20",
  "5f00::/16", // segment routing (RFC 9602)
  "fc00::/7", // unique local
  "fe80::/10",
  "fec0::/10", // site-local, of old
  "ff00::/8", // multicast
);

/** The ranges of a family that are kept out of the managed routes by default. */
export const RESERVED: Readonly<Record<Family, readonly Cidr[]>> = { 4: RESERVED_CIDRS, 6: RESERVED_IPV6_CIDRS };

/** What no host can have, not even in a lab: this network, loopback, multicast and class E. */
export const NEVER_HOSTS = ipv4("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3");

const NEVER_IPV6_HOSTS = ipv6("::/128", "::1/128", "::ffff:0:0/96", "ff00::/8");

/**
 * What no machine can have as its address in the Internet: the reserved ranges, those of tunnels and identifiers inside
 * 2000::/3, from which all public addresses are (RFC 4291), and all that is outside.
 */
const NOT_GLOBAL: Readonly<Record<Family, readonly Cidr[]>> = {
  4: RESERVED_CIDRS,
  6: [...RESERVED_IPV6_CIDRS, ...ipv6("2001::/23", "2002::/16", "::/3", "4000::/2", "8000::/1")],
};

/** The range for which an address is not globally routable; undefined where it is. */
export function rangeNotGlobal(address: Address): Cidr | undefined {
  return rangeAround(address, NOT_GLOBAL[address.family]);
}

/** The range for which an address is of no host, wherever; undefined where it may be. */
export function rangeOfNoHost(address: Address): Cidr | undefined {
  return rangeAround(address, address.family === 4 ? NEVER_HOSTS : NEVER_IPV6_HOSTS);
}

function rangeAround(address: Address, ranges: readonly Cidr[]): Cidr | undefined {
  return ranges.find((range) => contains(range, hostOf(address)));
}
