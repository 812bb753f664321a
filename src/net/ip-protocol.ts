/** Numbers of IP protocols, by their names. */
export const IP_PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;

export type IpProtocol = keyof typeof IP_PROTOCOLS;

/** The number of a protocol as `ip` prints it: `ipproto-6` with `-N`, `tcp` without; NaN for another name. */
export function protocolNumber(text: string): number {
  const numbers: Readonly<Record<string, number>> = IP_PROTOCOLS;
  return numbers[text] ?? Number(text.replace("ipproto-", ""));
}

/** The same protocol by its name, where that is known here. */
export function protocolName(text: string): string {
  return Object.entries(IP_PROTOCOLS).find(([, number]) => number === protocolNumber(text))?.[0] ?? text;
}
