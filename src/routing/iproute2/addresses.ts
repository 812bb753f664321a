import { parseAddress } from "../../net/address.ts";
import { type Cidr, distinct, formatCidr, networkOf } from "../../net/cidr.ts";
import type { Link } from "../../net/link.ts";
import { addressOf, deviceOf, type Json, listOf, readList, stringsOf, textOf, wholeNumber } from "./fields.ts";

/** Networks of the interfaces' addresses from `ip -4 -j address show`, link up or not: an exclusion should not flap. */
export function parseConnected(json: string): Cidr[] {
  const networks = ipv4InfosOf(readList(json)).flatMap((info) => networkIn(info) ?? []);
  return distinct(networks).sort((a, b) => (formatCidr(a) < formatCidr(b) ? -1 : 1));
}

/** Addresses that interfaces hold, from the same text. */
export function parseAddresses(json: string): string[] {
  return ipv4InfosOf(readList(json)).flatMap(({ local }) => addressOf(local) ?? []);
}

function ipv4InfosOf(links: readonly Json[]): Json[] {
  return links.flatMap((link) => listOf(link["addr_info"])).filter(({ family }) => family === "inet");
}

/** The network that an interface is in by one of its addresses. */
function networkIn({ local, address, prefixlen }: Json): Cidr | undefined {
  const ip = parseAddress(textOf(address, textOf(local, ""))); // `address` is the far end of a point-to-point link
  const prefix = wholeNumber(prefixlen, 32, 0);
  return ip === undefined || prefix === 0 ? undefined : networkOf(ip, prefix);
}

/**
 * Interfaces, from the same text. `UP` is whether it was turned on, `LOWER_UP` whether it has a carrier (netdevice(7)); a
 * link that cannot detect a carrier has the latter as well.
 */
export function parseLinks(json: string): Link[] {
  return readList(json).flatMap((link) => {
    const name = deviceOf(link["ifname"]);
    if (name === undefined) return [];
    const flags = stringsOf(link["flags"]);
    const addresses = ipv4InfosOf([link]).flatMap((info) => {
      const [address, network] = [addressOf(info["local"]), networkIn(info)];
      return address === undefined || network === undefined ? [] : { address, network };
    });
    return { name, up: flags.includes("UP"), carrier: flags.includes("LOWER_UP"), addresses };
  });
}
