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
  /** The same for a gateway between its states; undefined where that makes no difference. */
  readonly fastPeriod?: number | undefined;
  /** Whether a gateway is between its states, asked after each of its results. */
  readonly isBetweenStates?: (gateway: string) => boolean;
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

/** Where a gateway's probes have their place in time, in milliseconds. */
export interface Rhythm {
  /** The first moment of its own slot. */
  readonly first: number;
  readonly period: number;
}

/**
 * When a gateway is probed next. Both rhythms are absolute and spread over the gateways, so nothing drifts, and gateways
 * that all fail at once are not probed in a bunch. Between two probes that count lies half of the fast period at least:
 * results that come together say no more than one.
 *
 * @param fast the rhythm to keep now besides; undefined while nothing is in doubt
 * @param begun when the last probe of a rhythm was begun
 */
export function nextProbe(slow: Rhythm, fast: Rhythm | undefined, begun: number, now: number): number {
  if (!fast) return nextMoment(slow.first, slow.period, now);
  const earliest = Math.max(now, begun + fast.period / 2);
  return Math.min(...[slow, fast].map(({ first, period }) => nextMoment(first, period, earliest)));
}

/**
 * Probes every gateway at once and then each on a rhythm of its own, spread evenly over the period: no burst hits the
 * network, and no gateway waits for another one's timeout. A gateway between its states has a faster one.
 */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { gateways, probe, period, fastPeriod, isBetweenStates = () => false, onResult } = options;
  const start = steadyNow();
  const runs = gateways.map((gateway, index) => {
    const rhythm = (every: number): Rhythm => ({
      first: start + (every * (index + 1)) / gateways.length,
      period: every,
    });
    const slow = rhythm(period);
    const fast = fastPeriod === undefined ? undefined : rhythm(fastPeriod);
    return probeOnRhythm(
      () => probe(gateway),
      (begun) => nextProbe(slow, fast && isBetweenStates(gateway) ? fast : undefined, begun, steadyNow()),
      (result, extra) => onResult(gateway, result, extra),
    );
  });
  return {
    probeAll: () => runs.forEach((run) => run.now()),
    stop: () => runs.forEach((run) => run.stop()),
  };
}

/**
 * One gateway's probes, never two at a time.
 *
 * @param next when the next one is due, given when the last one of the rhythm was begun
 */
function probeOnRhythm(
  probe: () => Promise<ProbeResult>,
  next: (begun: number) => number,
  onResult: (result: ProbeResult, extra: boolean) => void,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let again = false;
  let stopped = false;
  let begun = steadyNow();

  const once = async (extra: boolean): Promise<void> => {
    clearTimeout(timer);
    busy = true;
    if (!extra) begun = steadyNow();
    do {
      again = false;
      const result = await probe();
      if (stopped) return;
      onResult(result, extra);
      extra = true;
    } while (again);
    busy = false;
    timer = setTimeout(() => void once(false), next(begun) - steadyNow());
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
