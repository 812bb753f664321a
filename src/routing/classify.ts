import { type Cidr, contains, parseHost } from "../net/cidr.ts";
import type { Destinations } from "./desired.ts";

/** Whether the options manage an address, and the network that decides; the other kinds are exclusions. */
export type Classification =
  | { readonly kind: "managed" | "excluded" | "gateways" | "connected" | "reserved"; readonly network: Cidr }
  | { readonly kind: "unmanaged" }
  /** A pool rejects such packets whatever its gateways do, since it routes none of the family. */
  | { readonly kind: "blocked" }
  /** No pool is for such packets, whatever their destination. */
  | { readonly kind: "unselected" };

/**
 * Whether packets to an address should go through the gateways. The longest network that contains it decides; an exclusion
 * of the user or of this machine also wins over a managed network inside it, one that is only reserved does not.
 *
 * @param connected networks of this machine's interfaces
 */
export function classify(address: string, destinations: Destinations, connected: readonly Cidr[]): Classification {
  const host = parseHost(address)!;
  const around = (
    kind: Exclude<Classification["kind"], "unmanaged" | "unselected" | "blocked">,
    networks: readonly Cidr[],
  ) => networks.filter((network) => contains(network, host)).map((network) => ({ kind, network }));
  const firm = [
    ...around("excluded", destinations.excluded),
    ...around("gateways", destinations.gateways),
    ...around("connected", connected),
  ];
  const managed = longestFirst(around("managed", destinations.managed));
  if (managed.length === 0) return { kind: "unmanaged" };
  const free = managed.filter(({ network }) => !firm.some((one) => contains(one.network, network)));
  const reserved = around("reserved", destinations.reserved);
  const longest = free[0]?.network.prefix ?? -1;
  const winners = [...firm, ...reserved].filter(({ network }) => network.prefix > longest);
  return longestFirst(winners)[0] ?? free[0]!;
}

function longestFirst<T extends { network: Cidr }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => b.network.prefix - a.network.prefix);
}
