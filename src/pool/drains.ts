import { FAMILIES, formatAddress, parseAddress } from "../net/address.ts";
import type { NamedGateway } from "../text/gateway.ts";

/** A gateway that was drained by a command, as it is remembered. */
export interface DrainEntry {
  /** Its name, or its address where it has none. */
  readonly gateway: string;
  /** Its address when it was drained. */
  readonly address: string;
  /** When it was drained, by the wall clock, in milliseconds since 1970. */
  readonly since: number;
}

/** A gateway that may have addresses of both families. */
interface KnownGateway extends NamedGateway {
  readonly address6?: string | undefined;
}

/** A gateway that may be drained by the configuration. */
export interface DrainableGateway extends KnownGateway {
  readonly drained?: true | undefined;
}

/** Why a gateway is drained, and since when; without `since` by the configuration. */
export interface Drain {
  readonly since?: number;
}

/** What entries and configuration come to. */
export interface Drained {
  /** By the addresses of the gateways, that of IPv4 where one has both. */
  readonly drains: ReadonlyMap<string, Drain>;
  /** Entries of gateways that there are not. */
  readonly unknown: readonly DrainEntry[];
}

/** Finds the gateways that are drained. A gateway of the configuration needs no entry. */
export function drainedAmong(gateways: readonly DrainableGateway[], entries: readonly DrainEntry[]): Drained {
  const drains = new Map<string, Drain>();
  const unknown: DrainEntry[] = [];
  for (const entry of entries) {
    const gateway = gatewayOf(entry, gateways);
    if (gateway === undefined) unknown.push(entry);
    else drains.set(gateway.address, { since: entry.since });
  }
  for (const { address, drained } of gateways) if (drained) drains.set(address, {});
  return { drains, unknown };
}

/** All addresses of the drained ones among some gateways. */
export function drainedAddresses({ drains }: Drained, gateways: readonly KnownGateway[]): ReadonlySet<string> {
  const drained = gateways.filter(({ address }) => drains.has(address));
  return new Set(drained.flatMap(({ address, address6 }) => (address6 === undefined ? address : [address, address6])));
}

/** The gateway that an entry means: that with its name, or else that with its address, which may have another name by now. */
export function gatewayOf<G extends KnownGateway>(entry: DrainEntry, gateways: readonly G[]): G | undefined {
  return findGateway(entry.gateway, gateways) ?? gateways.find((gateway) => hasAddress(gateway, entry.address));
}

/** The gateway that people mean by a name or any of its addresses. */
export function findGateway<G extends KnownGateway>(text: string, gateways: readonly G[]): G | undefined {
  const address = parseAddress(text, FAMILIES);
  const wanted = address ? formatAddress(address) : text;
  return gateways.find(({ name }) => name === text) ?? gateways.find((gateway) => hasAddress(gateway, wanted));
}

function hasAddress({ address, address6 }: KnownGateway, wanted: string): boolean {
  return address === wanted || address6 === wanted;
}
