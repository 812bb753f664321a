import type { Family } from "./address.ts";

/** Numbers of IP protocols, by their names; that of ICMP is the one of IPv4. */
export const IP_PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;

export type IpProtocol = keyof typeof IP_PROTOCOLS;

/** The same by their names in /etc/protocols. */
const NUMBERS: Readonly<Record<string, number>> = { ...IP_PROTOCOLS, "ipv6-icmp": 58 };

/** The number that a protocol has in packets of a family: each has an ICMP of its own. */
export function protocolIn(family: Family, protocol: IpProtocol): number {
  return family === 6 && protocol === "icmp" ? NUMBERS["ipv6-icmp"]! : IP_PROTOCOLS[protocol];
}

/** The number of a protocol as `ip` prints it: `ipproto-6` with `-N`, `tcp` without; NaN for another name. */
export function protocolNumber(text: string): number {
  return NUMBERS[text] ?? Number(text.replace("ipproto-", ""));
}

/** The same protocol by its name, where that is known here. */
export function protocolName(text: string): string {
  return Object.entries(NUMBERS).find(([, number]) => number === protocolNumber(text))?.[0] ?? text;
}
