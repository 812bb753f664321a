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

/** A gateway that may be drained by the configuration. */
export interface DrainableGateway extends NamedGateway {
  readonly drained?: true | undefined;
}

/** Why a gateway is drained, and since when; without `since` by the configuration. */
export interface Drain {
  readonly since?: number;
}

/** What entries and configuration come to. */
export interface Drained {
  /** By the addresses of the gateways. */
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

/** The gateway that an entry means: that with its name, or else that with its address, which may have another name by now. */
export function gatewayOf<G extends NamedGateway>(entry: DrainEntry, gateways: readonly G[]): G | undefined {
  return findGateway(entry.gateway, gateways) ?? gateways.find(({ address }) => address === entry.address);
}

/** The gateway that people mean by a name or an address. */
export function findGateway<G extends NamedGateway>(text: string, gateways: readonly G[]): G | undefined {
  return gateways.find(({ name }) => name === text) ?? gateways.find(({ address }) => address === text);
}
