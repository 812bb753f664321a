import type { PoolConfig } from "../config/parse.ts";
import { httpProbe } from "../probe/http.ts";
import type { Kernel } from "../routing/iproute2/kernel.ts";
import { Board } from "../pool/board.ts";
import type { Emit } from "../events/events.ts";
import { createKernelEventHandler } from "../routing/kernel-events.ts";
import type { Reconciler } from "../routing/reconciler.ts";
import { startSchedule } from "../pool/schedule.ts";
import type { Selector } from "../pool/selector.ts";

export interface ControlLoopOptions {
  readonly pool: PoolConfig;
  /** Gateways that carry traffic already. */
  readonly adopted: ReadonlySet<string>;
  readonly selector: Selector;
  readonly reconciler: Reconciler;
  readonly kernel: Kernel;
  readonly emit: Emit;
}

export interface Flow {
  /** Another choice may be due although no gateway has changed. */
  reconsider(): void;
  stop(): void;
}

/** Sets all in motion: from the probes to the routes, and from what somebody else changed in the kernel back to both. */
export function startControlLoop({ pool, adopted, selector, reconciler, kernel, emit }: ControlLoopOptions): Flow {
  const { gateways, rise, fall } = pool;
  const board = new Board({
    gateways,
    thresholds: { rise, fall },
    adopted,
    emit,
    select: (up) => selector.select(up),
    onSelected: (used) => reconciler.serve(used),
  });
  const schedule = startSchedule({
    gateways,
    probe: httpProbe(pool),
    period: pool.checkPeriod,
    fastPeriod: pool.fastCheckPeriod,
    isBetweenStates: (gateway) => board.isBetweenStates(gateway),
    onResult: (gateway, result, extra) => board.record(gateway, result, extra),
  });
  const reactions = createKernelEventHandler({
    gateways: gateways.length,
    reconciler,
    probeAll: () => schedule.probeAll(),
  });
  const monitor = kernel.watch(reactions.onKernelEvent, (trouble) => emit({ type: "watching", trouble }));
  return {
    reconsider: () => board.reconsider(),
    stop() {
      for (const part of [schedule, board, monitor, reactions]) part.stop();
    },
  };
}
