import type { KernelEvent } from "./iproute2/monitor-line.ts";
import { throttle } from "../time/throttle.ts";
import type { Reconciler } from "./reconciler.ts";

export interface KernelEventOptions {
  /** How many gateways there are. */
  readonly gateways: number;
  readonly reconciler: Pick<Reconciler, "look" | "refuses">;
  /** Probes every gateway at once. */
  readonly probeAll: () => void;
}

export interface KernelEventHandler {
  readonly onKernelEvent: (signal: KernelEvent) => void;
  stop(): void;
}

/** Kernel events are answered at once, and then at most this often. */
const EVENT_INTERVAL_MS = 50;

/** A routing daemon may change other tables all the time; they matter only to a gateway that had no way. */
const ELSEWHERE_INTERVAL_MS = 1000;

/** Links that flap for long must not make a flood of probes: 500 a second at most. */
const PROBE_SPACING_MS = 2;

/** What follows when the kernel tells that something was changed: a look at it, and, after a change of links, probes. */
export function createKernelEventHandler({ gateways, reconciler, probeAll }: KernelEventOptions): KernelEventHandler {
  const look = throttle(() => reconciler.look(), EVENT_INTERVAL_MS);
  const lookAtLinks = throttle(() => reconciler.look(true), EVENT_INTERVAL_MS);
  const lookElsewhere = throttle(() => reconciler.look(true), ELSEWHERE_INTERVAL_MS);
  const probe = throttle(probeAll, Math.max(EVENT_INTERVAL_MS, gateways * PROBE_SPACING_MS));
  return {
    onKernelEvent(signal) {
      if (signal === "links") {
        lookAtLinks.call();
        probe.call();
      } else if (signal !== "elsewhere") {
        look.call();
      } else if (reconciler.refuses) {
        lookElsewhere.call();
      }
    },
    stop() {
      for (const paced of [look, lookAtLinks, lookElsewhere, probe]) paced.stop();
    },
  };
}
