import { type Cidr, contains, parseHost } from "../net/cidr.ts";
import { throttle } from "../time/throttle.ts";
import type { KernelEvent } from "./kernel.ts";
import type { LookCause } from "./reconciler-options.ts";

export interface KernelEventOptions {
  /** Whether a table is ours. */
  readonly isOwnTable: (table: number) => boolean;
  readonly gateways: readonly string[];
  /** Whether a destination in the main table is that of a marker; none is by default. */
  readonly isMarker?: (destination: Cidr) => boolean;
  /** Whether packets to a gateway have taken this interface. */
  readonly isPath: (device: string) => boolean;
  /** Has the kernel read, for pools with one of these tables; for all where none are given. */
  readonly look: (cause: LookCause, tables?: ReadonlySet<number>) => void;
  /** Probes every gateway at once. */
  readonly probeAll: () => void;
}

type LinkEvent = Extract<KernelEvent, { readonly kind: "link" }>;

export interface KernelEventHandler {
  readonly onKernelEvent: (event: KernelEvent) => void;
  stop(): void;
}

/** Kernel events are answered at once, and then at most this often. */
const EVENT_INTERVAL_MS = 50;

/** Routing daemons may change routes to gateways, and containers come and go with their interfaces, all the time. */
const OTHERS_INTERVAL_MS = 1000;

/** Links that flap for long must not make a flood of probes: 500 a second at most. */
const PROBE_SPACING_MS = 2;

/**
 * What follows a change of the kernel by others: the kernel is read, and after a change of an interface that leads to a
 * gateway all gateways are probed.
 */
export function createKernelEventHandler(options: KernelEventOptions): KernelEventHandler {
  const { isOwnTable, gateways, isMarker = () => false, isPath, look, probeAll } = options;
  const hosts = gateways.map((gateway) => parseHost(gateway)!);
  const leadsToGateway = (destination: Cidr): boolean => hosts.some((host) => contains(destination, host));
  const touchesPath = ({ devices, network }: LinkEvent): boolean =>
    devices.length === 0 || devices.some(isPath) || (network !== undefined && leadsToGateway(network));
  /** Those that were changed since the last reading; undefined where anything may have been. */
  let tables: Set<number> | undefined = new Set();
  const lookAtTables = throttle(() => {
    const changed = tables;
    tables = new Set();
    look("entries", changed);
  }, EVENT_INTERVAL_MS);
  const lookAtEntries = (table?: number): void => {
    if (table === undefined) tables = undefined;
    else tables?.add(table);
    lookAtTables.call();
  };
  const lookAtLinks = throttle(() => look("links"), EVENT_INTERVAL_MS);
  const lookElsewhere = throttle(() => look("paths"), OTHERS_INTERVAL_MS);
  const probe = throttle(probeAll, Math.max(EVENT_INTERVAL_MS, gateways.length * PROBE_SPACING_MS));
  return {
    onKernelEvent(event) {
      if (event.kind === "link") {
        if (!touchesPath(event)) return lookElsewhere.call();
        lookAtLinks.call();
        probe.call();
      } else if (event.kind === "overflow") {
        lookAtEntries();
        lookElsewhere.call();
      } else if (event.kind === "nexthop") {
        if (isOwnTable(event.table)) lookAtEntries(event.table);
      } else if (event.kind !== "route") {
        lookAtEntries();
      } else if (event.table !== undefined && isOwnTable(event.table)) {
        lookAtEntries(event.table);
      } else if (event.destination && isMarker(event.destination)) {
        lookAtEntries();
      } else if (!event.destination || leadsToGateway(event.destination)) {
        lookElsewhere.call();
      }
    },
    stop() {
      for (const throttled of [lookAtTables, lookAtLinks, lookElsewhere, probe]) throttled.stop();
    },
  };
}
