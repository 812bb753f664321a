import { type Family, formatAddress, ipv6Address, numberOf, parseAddress } from "../../src/net/address.ts";

/** An address of a family for each one of IPv4, in the same order: 1.0.0.10 is 2600:0:100::a. */
export function inFamily(family: Family, text: string): string {
  if (family === 4) return text;
  const bits = numberOf(parseAddress(text)!);
  return formatAddress(ipv6Address((0x2600n << 112n) | ((bits >> 16n) << 80n) | (bits & 0xffffn)));
}
