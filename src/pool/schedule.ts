import type { Probe, ProbeResult } from "../probe/probe.ts";
import { type CoalescedTimers, createCoalescedTimers } from "../time/coalesced-timers.ts";

import { steadyNow } from "../time/clock.ts";

export interface Schedule {
  /**
   * From now on there are these probers. Probes of a gateway go on as they are where `isFresh` says so of neither; others
   * are probed at once. A probe under way that is not wanted any more has no result.
   */
  reload(probers: readonly ScheduleOptions[], isFresh: (gateway: string, prober: string) => boolean): void;
  /** Probes every gateway at once, besides the plan. A probe that is under way is followed by another one. */
  probeAll(): void;
  stop(): void;
}

export interface ScheduleOptions {
  /** What it is called; only a single prober needs no name. */
  readonly name?: string;
  readonly gateways: readonly string[];
  /** The same for all addresses of one machine, which are probed at the same moment; by default each has its own. */
  readonly machineOf?: (gateway: string) => string;
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
 * So many gateways at most are probed at the same moment. To wake the process and the thread of `fetch` costs more than
 * the probe itself: 150 gateways in groups of 20 take three quarters of the processor time of groups of ten, and ten in one
 * group a third of that of ten apart. They are still no burst. A gateway with an address of each family counts once: its
 * two probes are no burst either.
 */
const MOST_TOGETHER = 20;

/** Where each gateway has its slot: groups of neighbours, as even as can be, spread evenly over the period. */
export function rhythmOf(index: number, gateways: number, period: number, start: number): Rhythm {
  const groups = Math.ceil(gateways / MOST_TOGETHER);
  const group = Math.floor((index * groups) / gateways);
  return { first: start + (period * (group + 1)) / groups, period };
}

/** How far apart probes of one round are begun, in milliseconds: nothing while all have one slot. */
export function spreadOf(gateways: number, period: number): number {
  const groups = Math.ceil(gateways / MOST_TOGETHER);
  return (period * (groups - 1)) / groups;
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
 * Probes every gateway at once and then in small groups spread evenly over the period: no burst hits the network, and no
 * gateway waits for another one's timeout. A gateway between its states has a faster rhythm. Each prober has rhythms of its
 * own for every gateway. None waits for another one, and probes of the same moment wake the process once.
 */
export function startSchedules(probers: readonly ScheduleOptions[]): Schedule {
  const alarms = createCoalescedTimers(steadyNow);
  let runs = startRuns(probers, steadyNow(), alarms);
  return {
    reload(changed, isFresh) {
      const kept = new Map([...runs].filter(([, { gateway, prober }]) => !isFresh(gateway, prober)));
      const before = runs;
      runs = startRuns(changed, steadyNow(), alarms, kept);
      for (const [key, run] of before) if (runs.get(key) !== run) run.stop();
    },
    probeAll: () => runs.forEach((run) => run.now()),
    stop: () => runs.forEach((run) => run.stop()),
  };
}

interface Run extends ReturnType<typeof probeOnRhythm> {
  readonly gateway: string;
  readonly prober: string;
}

/**
 * The probes of all probers, by prober and gateway.
 *
 * @param kept those that go on as they are, where they are still wanted
 */
function startRuns(
  probers: readonly ScheduleOptions[],
  start: number,
  alarms: CoalescedTimers,
  kept: ReadonlyMap<string, Run> = new Map(),
): Map<string, Run> {
  const runs = probers.flatMap((options, number) => {
    const { name = number, gateways, machineOf = (gateway) => gateway } = options;
    const machines = [...new Set(gateways.map(machineOf))];
    return gateways.map((gateway) => {
      const key = `${name} ${gateway}`;
      const place = { index: machines.indexOf(machineOf(gateway)), of: machines.length };
      return [key, kept.get(key) ?? startRun(options, gateway, place, start, alarms)] as const;
    });
  });
  return new Map(runs);
}

/** The probes of one gateway by one prober. */
function startRun(
  options: ScheduleOptions,
  gateway: string,
  place: { readonly index: number; readonly of: number },
  start: number,
  alarms: CoalescedTimers,
): Run {
  const { name = "", probe, period, fastPeriod, isBetweenStates = () => false, onResult } = options;
  const rhythm = (every: number): Rhythm => rhythmOf(place.index, place.of, every, start);
  const slow = rhythm(period);
  const fast = fastPeriod === undefined ? undefined : rhythm(fastPeriod);
  const run = probeOnRhythm(
    () => probe(gateway),
    (begun) => nextProbe(slow, fast && isBetweenStates(gateway) ? fast : undefined, begun, steadyNow()),
    (result, extra) => onResult(gateway, result, extra),
    alarms,
  );
  return { ...run, gateway, prober: name };
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
  alarms: CoalescedTimers,
) {
  let callOff = (): void => {};
  let busy = false;
  let again = false;
  let stopped = false;
  let begun = -Infinity;
  /** When the rhythm wants the next one. */
  let due = -Infinity;

  const run = async (): Promise<void> => {
    callOff();
    busy = true;
    do {
      again = false;
      const extra = steadyNow() < due;
      if (!extra) begun = steadyNow();
      const result = await probe();
      if (stopped) return;
      onResult(result, extra);
      // One besides the rhythm may have been under way when its moment came, which must not be lost: a gateway that
      // hangs, on a machine whose links change all the time, would never be judged.
      if (!extra || steadyNow() < due) due = next(begun);
    } while (again);
    busy = false;
    callOff = alarms.set(due, () => void run());
  };
  void run();
  return {
    now(): void {
      if (busy) again = true;
      else if (!stopped) void run();
    },
    stop(): void {
      stopped = true;
      callOff();
    },
  };
}
