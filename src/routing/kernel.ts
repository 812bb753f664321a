import type { Family } from "../net/address.ts";
import type { Cidr } from "../net/cidr.ts";
import type { UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { VisitRoutes } from "./diversions.ts";
import type { Orphan } from "./orphans.ts";
import type { PlacedGateways } from "./probe-tables.ts";
import type { Change, KernelError, Observed, PoolPlaces, ProbeTables } from "./types.ts";

/** How an attempt to change the kernel ended. What stood before the failed change is in force. */
export type Applied =
  { readonly ok: true } | { readonly ok: false; readonly failed: Change | undefined; readonly error: KernelError };

/** What another program, or the kernel itself, changed. */
export type KernelEvent =
  | { readonly kind: "rule" }
  /** A nexthop object of a table of ours, whatever program made it. */
  | { readonly kind: "nexthop"; readonly table: number }
  /** A route; `table` is undefined in the main table, `destination` where it is unknown. */
  | { readonly kind: "route"; readonly table: number | undefined; readonly destination: Cidr | undefined }
  /**
   * An interface, or an address of it. `ip` shows an interface as NAME or NAME@PEER, and a name may contain an @: `devices`
   * are all names that it may have, with that of its bridge, and none where it is unknown. `network` is that of the address.
   */
  | { readonly kind: "link"; readonly devices: readonly string[]; readonly network: Cidr | undefined }
  /** Events may have been missed: anything may have changed. */
  | { readonly kind: "overflow" };

/** The route of a packet. */
export interface PacketRoute {
  readonly table: number;
  /** Undefined for a directly connected destination. */
  readonly gateway: string | undefined;
}

/** What to read for one pool. */
export interface Reading {
  /** That of the gateways, and of all that is read; IPv4 by default. */
  readonly family?: Family | undefined;
  readonly table: number;
  readonly gateways: PlacedGateways;
  readonly probes?: ProbeTables | undefined;
  /** Whether to read the markers of the pool, in the main table. */
  readonly markers?: boolean | undefined;
}

/** Called when events stop to come for longer than a moment, with the reason, and without one when they come again. */
export type OnWatching = (trouble: string | undefined) => void;

/** The only port to the kernel's routing: a few verbs that a fake can have as well. They reject only when `ip` itself fails. */
export interface Kernel {
  /** Reads everything that matters for these gateways and a table, and for probes beyond the gateways where there are any. */
  observe(
    table: number,
    gateways: PlacedGateways,
    probes?: ProbeTables,
    family?: Family,
    markers?: boolean,
  ): Promise<Observed>;
  /** The same for several pools at once, from one moment. */
  observeAll(readings: readonly Reading[]): Promise<readonly Observed[]>;
  /** Addresses of a family, IPv4 by default, that interfaces of this machine hold at this moment. */
  readAddresses(family?: Family): Promise<readonly string[]>;
  /** Where packets with a mark to an address go now; undefined where they go nowhere. */
  routeOf(address: string, mark: number): Promise<PacketRoute | undefined>;
  /** Makes the changes in order and stops at the first that is rejected. */
  apply(changes: readonly Change[]): Promise<Applied>;
  /** Tries each gateway as a nexthop by itself, at a destination that no packet has; returns the rejected ones. */
  tryNexthops(gateways: readonly string[], table: number): Promise<UnusableNexthop[]>;
  /** Reads the routes of a table one by one, of which there may be very many. */
  readonly visitRoutes: VisitRoutes;
  /** Entries with our protocol number that belong to none of these tables; those in the system's tables are left out. */
  orphans(own: readonly PoolPlaces[]): Promise<Orphan[]>;
  /** Reports changes as they happen until stopped, in these families; in IPv4 alone by default. */
  watch(onEvent: (event: KernelEvent) => void, onWatching?: OnWatching, families?: readonly Family[]): { stop(): void };
}
