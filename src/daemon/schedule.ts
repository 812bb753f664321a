import type { Probe, ProbeResult } from "../probe/probe.ts";

/** Milliseconds of a clock that never jumps. */
export const steadyNow = (): number => performance.now();

export interface Schedule {
  /** Probes every gateway at once, besides the plan. A probe that is under way is followed by another one. */
  probeAll(): void;
  stop(): void;
}

export interface ScheduleOptions {
  readonly gateways: readonly string[];
  readonly probe: Probe;
  /** Milliseconds between probes of one gateway. */
  readonly period: number;
  /** `extra` tells results of probes besides the rhythm. */
  readonly onResult: (gateway: string, result: ProbeResult, extra: boolean) => void;
}

/**
 * The next moment of a fixed rhythm after `now`. Moments that a busy or stopped machine has missed are skipped, never
 * made up for.
 *
 * @param first the first moment, in milliseconds like the rest
 */
export function nextMoment(first: number, period: number, now: number): number {
  return now < first ? first : first + (Math.floor((now - first) / period) + 1) * period;
}

/**
 * Probes every gateway at once and then each on a rhythm of its own, spread evenly over the period: no burst hits the
 * network, and no gateway waits for another one's timeout.
 */
export function startSchedule({ gateways, probe, period, onResult }: ScheduleOptions): Schedule {
  const start = steadyNow();
  const runs = gateways.map((gateway, index) => {
    const first = start + (period * (index + 1)) / gateways.length;
    return probeOnRhythm(
      () => probe(gateway),
      first,
      period,
      (result, extra) => onResult(gateway, result, extra),
    );
  });
  return {
    probeAll: () => runs.forEach((run) => run.now()),
    stop: () => runs.forEach((run) => run.stop()),
  };
}

/** One gateway's probes, never two at a time. */
function probeOnRhythm(
  probe: () => Promise<ProbeResult>,
  first: number,
  period: number,
  onResult: (result: ProbeResult, extra: boolean) => void,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let again = false;
  let stopped = false;

  const once = async (extra: boolean): Promise<void> => {
    clearTimeout(timer);
    busy = true;
    do {
      again = false;
      const result = await probe();
      if (stopped) return;
      onResult(result, extra);
      extra = true;
    } while (again);
    busy = false;
    const now = steadyNow();
    timer = setTimeout(() => void once(false), nextMoment(first, period, now) - now);
  };
  void once(false);
  return {
    now(): void {
      if (busy) again = true;
      else if (!stopped) void once(true);
    },
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
