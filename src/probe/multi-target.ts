import { repeatIfLate } from "./late.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { type Answers, runRound, type Timing } from "./round.ts";
import { roundResult } from "./round-result.ts";
import type { TargetFaults } from "./target-faults.ts";

/** Asks a target through a gateway, until the signal aborts at the latest. Never throws. */
export type Ask = (gateway: string, target: string, signal: AbortSignal) => Promise<ProbeResult>;

export interface MultiTargetOptions extends Timing {
  /** What asks, in a word for people, such as `icmp`. */
  readonly prober: string;
  readonly gateways: readonly string[];
  readonly targets: readonly string[];
  /** How many targets have to answer, from 1 on. */
  readonly need: number;
  /** Milliseconds of a round, however many targets it asks. */
  readonly timeout: number;
  readonly ask: Ask;
  /** Shared by all gateways. */
  readonly faults: TargetFaults;
  /** Called after each round with the answers of the targets that are not at fault. */
  readonly onAnswers: (gateway: string, answers: Answers) => void;
}

/**
 * The targets in the order in which a round asks them. It rotates, so that each one is the first equally often; those at
 * fault come last: they are asked only when all others fail, and one that answers is proof all the same.
 */
export function orderOf(targets: readonly string[], atFault: ReadonlySet<string>, turn: number): string[] {
  const sound = targets.filter((target) => !atFault.has(target));
  const first = turn % sound.length;
  return [...sound.slice(first), ...sound.slice(0, first), ...targets.filter((target) => atFault.has(target))];
}

/** A probe that asks several targets through the gateway, in rounds. */
export function multiTargetProbe(options: MultiTargetOptions): Probe {
  const { prober, gateways, targets, need, timeout, ask, faults, onAnswers, now, timers } = options;
  // Each gateway begins with another target.
  const turns = new Map(gateways.map((gateway, index) => [gateway, index]));
  const run = (gateway: string, order: readonly string[], onEnd: (answers: Answers) => void) =>
    runRound({
      ...{ targets: order, timeout, now, timers, onEnd },
      need: () => faults.effectiveNeed(Math.min(need, order.length)),
      ask: (target, signal) => ask(gateway, target, signal),
    });
  const probe: Probe = async (gateway) => {
    const turn = turns.get(gateway)!;
    turns.set(gateway, turn + 1);
    for (const target of faults.takeDue(gateway)) {
      void run(gateway, [target], (answers) => faults.record(gateway, answers));
    }
    const outcome = await run(gateway, orderOf(targets, faults.current, turn), (answers) => {
      faults.record(gateway, answers);
      onAnswers(gateway, new Map([...answers].filter(([target]) => !faults.current.has(target))));
    });
    return roundResult(prober, outcome, faults.effectiveNeed(need), targets.length);
  };
  return (gateway) => repeatIfLate(timeout, () => probe(gateway));
}
