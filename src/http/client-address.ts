const MAPPED = "::ffff:";

/** The address of a client, that of IPv4 as such: a socket of IPv6 that accepts both shows it in IPv6 (RFC 4291, 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.toLowerCase().startsWith(MAPPED) && address.includes(".") ? address.slice(MAPPED.length) : address;
}
