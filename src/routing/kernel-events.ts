import { throttle } from "../time/throttle.ts";
import type { KernelEvent } from "./kernel.ts";

export interface KernelEventOptions {
  /** The table of the managed routes. */
  readonly table: number;
  /** How many gateways there are. */
  readonly gateways: number;
  /** Has the kernel read; `paths` where what leads to the gateways may have changed. */
  readonly look: (paths: boolean) => void;
  /** Whether some gateway cannot be a nexthop now. */
  readonly hasUnusable: () => boolean;
  /** Probes every gateway at once. */
  readonly probeAll: () => void;
}

export interface KernelEventHandler {
  readonly onKernelEvent: (event: KernelEvent) => void;
  stop(): void;
}

/** Kernel events are answered at once, and then at most this often. */
const EVENT_INTERVAL_MS = 50;

/** A routing daemon may change other tables all the time; they matter only to a gateway that cannot be a nexthop. */
const OTHER_TABLES_INTERVAL_MS = 1000;

/** Links that flap for long must not make a flood of probes: 500 a second at most. */
const PROBE_SPACING_MS = 2;

/** What follows a change of the kernel by others: the kernel is read, and after a change of links gateways are probed. */
export function createKernelEventHandler(options: KernelEventOptions): KernelEventHandler {
  const { table, gateways, look, hasUnusable, probeAll } = options;
  const lookAtEntries = throttle(() => look(false), EVENT_INTERVAL_MS);
  const lookAtLinks = throttle(() => look(true), EVENT_INTERVAL_MS);
  const lookElsewhere = throttle(() => look(true), OTHER_TABLES_INTERVAL_MS);
  const probe = throttle(probeAll, Math.max(EVENT_INTERVAL_MS, gateways * PROBE_SPACING_MS));
  return {
    onKernelEvent(event) {
      if (event.kind === "link") {
        lookAtLinks.call();
        probe.call();
      } else if (event.kind !== "route" || event.table === table) {
        lookAtEntries.call();
      } else if (hasUnusable()) {
        lookElsewhere.call();
      }
    },
    stop() {
      for (const throttled of [lookAtEntries, lookAtLinks, lookElsewhere, probe]) throttled.stop();
    },
  };
}
