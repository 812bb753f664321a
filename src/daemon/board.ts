import { ADOPTED, advance, type Health, type Thresholds, UNKNOWN } from "../health/health.ts";
import type { ProbeResult } from "../probe/probe.ts";
import type { Emit } from "./events.ts";

export interface BoardOptions {
  readonly gateways: readonly string[];
  readonly thresholds: Thresholds;
  /** Gateways that carry traffic already. */
  readonly adopted: ReadonlySet<string>;
  readonly emit: Emit;
  /** Called with the gateways that are up, after each change once every gateway has had its first result. */
  readonly onHealthy: (healthy: ReadonlySet<string>) => void;
}

/** The health of all gateways, as far as their probes have told it. */
export interface Board {
  record(gateway: string, result: ProbeResult): void;
  /** Whether every gateway has been probed at least once. */
  firstRoundDone(): boolean;
}

/**
 * Turns probe results into states. Nothing is passed on before the first round is over, so that a start does not send
 * all traffic to whichever gateway answers first.
 */
export function createBoard({ gateways, thresholds, adopted, emit, onHealthy }: BoardOptions): Board {
  const states = new Map<string, Health>(gateways.map((g) => [g, adopted.has(g) ? ADOPTED : UNKNOWN]));
  const healthy = (): Set<string> => new Set(gateways.filter((gateway) => states.get(gateway)!.status === "up"));
  const cycle = trackCycles(gateways, (seconds) => emit({ type: "cycle", seconds, up: healthy().size }));
  let firstRoundDone = false;

  return {
    record(gateway, result) {
      const before = states.get(gateway)!;
      const after = advance(before, result, thresholds);
      states.set(gateway, after);
      emit({ type: "probe", gateway, result, failures: after.failures });
      const changed = after.status !== before.status;
      if (changed && after.status !== "unknown") {
        const detail = result.kind === "failure" ? result.detail : `status ${result.status}`;
        emit({ type: "gateway", gateway, status: after.status, detail, up: healthy().size, total: gateways.length });
      }
      const roundEnded = cycle(gateway, result.seconds);
      const first = roundEnded && !firstRoundDone;
      firstRoundDone ||= roundEnded;
      if (first || (changed && firstRoundDone)) onHealthy(healthy());
    },
    firstRoundDone: () => firstRoundDone,
  };
}

/** Counts a cycle each time every gateway has had a result since the last one; tells whether this result ended one. */
function trackCycles(
  gateways: readonly string[],
  onCycle: (seconds: number) => void,
): (gateway: string, seconds: number) => boolean {
  let waiting = new Set(gateways);
  let slowest = 0;
  return (gateway, seconds) => {
    waiting.delete(gateway);
    slowest = Math.max(slowest, seconds);
    if (waiting.size > 0) return false;
    onCycle(slowest);
    waiting = new Set(gateways);
    slowest = 0;
    return true;
  };
}
