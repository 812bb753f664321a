import { type Cidr, contains, formatCidr, parseCidr } from "../net/cidr.ts";
import type { Destinations } from "../routing/desired.ts";

/** What the options say of an address, and the network of theirs that says it. */
export type Fate =
  | { readonly kind: "managed" | "excluded" | "gateways" | "connected" | "reserved"; readonly network: Cidr }
  | { readonly kind: "unmanaged" };

/**
 * Whether packets to an address should take the gateways. The longest network that holds it decides; what the user or
 * the machine excludes wins over a managed network inside it, what is only reserved does not.
 *
 * @param connected networks of this machine's interfaces
 */
export function fateOf(address: string, destinations: Destinations, connected: readonly Cidr[]): Fate {
  const host = parseCidr(`${address}/32`)!;
  const holding = (kind: Exclude<Fate["kind"], "unmanaged">, networks: readonly Cidr[]) =>
    networks.filter((network) => contains(network, host)).map((network) => ({ kind, network }));
  const firm = [
    ...holding("excluded", destinations.excluded),
    ...holding("gateways", destinations.gateways),
    ...holding("connected", connected),
  ];
  const managed = longestFirst(holding("managed", destinations.managed));
  if (managed.length === 0) return { kind: "unmanaged" };
  const free = managed.filter(({ network }) => !firm.some((one) => contains(one.network, network)));
  const reserved = holding("reserved", destinations.reserved);
  const longest = free[0]?.network.prefix ?? -1;
  const winners = [...firm, ...reserved].filter(({ network }) => network.prefix > longest);
  return longestFirst(winners)[0] ?? free[0]!;
}

function longestFirst<T extends { network: Cidr }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => b.network.prefix - a.network.prefix);
}

/** Why, in words, and the flag that makes it so. */
export function fateText(fate: Fate, destinations: Destinations): { readonly why: string; readonly flag?: string } {
  switch (fate.kind) {
    case "managed":
      return { why: `-route ${textOf(fate.network)} covers it`, flag: "-route" };
    case "excluded":
      return { why: `-exclude-cidr ${textOf(fate.network)} keeps it out`, flag: "-exclude-cidr" };
    case "gateways":
      return { why: "it lies between -start-ip and -end-ip: the gateways themselves are kept out", flag: "-start-ip" };
    case "connected":
      return { why: `${textOf(fate.network)} is a network of this machine, which is always kept out` };
    case "reserved":
      return {
        why: `it lies in the reserved range ${textOf(fate.network)}, which -exclude-reserved-cidrs keeps out`,
        flag: "-exclude-reserved-cidrs",
      };
    case "unmanaged": {
      const networks = destinations.managed.map(textOf).join(", ");
      return { why: `no -route covers it (${networks})`, flag: "-route" };
    }
  }
}

function textOf(network: Cidr): string {
  return formatCidr(network);
}
