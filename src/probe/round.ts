import { formatDuration } from "../net/duration.ts";
import type { CoalescedTimers } from "../time/coalesced-timers.ts";
import { isLate } from "./late.ts";
import type { ProbeResult } from "./probe.ts";

/** What measures time: a clock that never jumps, in milliseconds, and timers that follow it. */
export interface Timing {
  readonly now: () => number;
  readonly timers: CoalescedTimers;
}

/** What a target has answered; `again` when it did so only as it was asked once more, so that a packet was lost. */
export type Answer = ProbeResult & { readonly again?: true };

/** What targets have answered, in the order of their answers; a target that has not been asked is missing. */
export type Answers = ReadonlyMap<string, Answer>;

export interface RoundOptions extends Timing {
  /** In the order in which they are asked. */
  readonly targets: readonly string[];
  /** How many have to answer; it may fall while the round lasts. */
  readonly need: () => number;
  /** Milliseconds that the whole round has. */
  readonly timeout: number;
  /** Asks one target, until the signal aborts at the latest. Never throws. */
  readonly ask: (target: string, signal: AbortSignal) => Promise<ProbeResult>;
  /** Called once, when every target that was asked has answered or failed: before the verdict, or soon after it. */
  readonly onEnd: (answers: Answers) => void;
}

/** The verdict of a round. */
export interface RoundOutcome {
  readonly success: boolean;
  readonly seconds: number;
  /** As far as they are known with the verdict. */
  readonly answers: Answers;
}

/** How far apart the targets are asked that take the place of failing ones, in milliseconds; less in short rounds. */
const STEP_MS = 100;

/**
 * Asks the first targets, and the next ones one after another as soon as one fails or half of the timeout has passed: a
 * dead target then causes no false alarm, and delays a verdict only where no other one can reach it. Those that are silent
 * after half of the timeout are asked once more, so that neither does a lost packet.
 *
 * The verdict comes with the answer that decides. Targets that are still to answer then have no part in it; they have
 * the rest of the timeout to answer for themselves.
 */
export function runRound(options: RoundOptions): Promise<RoundOutcome> {
  return new Round(options).start();
}

class Round {
  readonly #options: RoundOptions;
  readonly #start: number;
  readonly #abort = new AbortController();
  readonly #verdict = Promise.withResolvers<RoundOutcome>();
  readonly #askedAt = new Map<string, number>();
  readonly #answers = new Map<string, Answer>();
  #stepping = false;
  #decided = false;
  #ended = false;
  #cancelStep = (): void => {};
  #cancelHalf = (): void => {};
  #cancelEnd = (): void => {};

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#start = options.now();
  }

  start(): Promise<RoundOutcome> {
    const { need, timeout, timers } = this.#options;
    this.#cancelHalf = timers.set(this.#start + timeout / 2, () => this.#passHalf());
    this.#cancelEnd = timers.set(this.#start + timeout, () => this.#timeOut());
    for (let count = need(); count > 0; count--) this.#askNext();
    return this.#verdict.promise;
  }

  /** Asks those that are silent once more, and the next target. */
  #passHalf(): void {
    const silent = [...this.#askedAt.keys()].filter((target) => !this.#answers.has(target));
    for (const target of silent)
      void this.#options.ask(target, this.#abort.signal).then((it) => this.#takeLate(target, it));
    if (!this.#stepping) this.#step();
  }

  /** Asks the next target, and later those after it. */
  #step(): void {
    const { targets, timeout, now, timers } = this.#options;
    this.#stepping = true;
    this.#cancelStep();
    this.#askNext();
    if (this.#askedAt.size === targets.length) return;
    const gap = Math.min(STEP_MS, timeout / 2 / targets.length); // so that the last one has time to answer
    this.#cancelStep = timers.set(now() + gap, () => this.#step());
  }

  #askNext(): void {
    const { targets, ask, now } = this.#options;
    const target = targets[this.#askedAt.size];
    if (target === undefined) return;
    this.#askedAt.set(target, now());
    void ask(target, this.#abort.signal).then((result) => this.#take(target, result));
  }

  /** The second question of a target has ended. It can only help: a failure is known by the first one. */
  #takeLate(target: string, result: ProbeResult): void {
    if (result.kind === "success") this.#take(target, { ...result, again: true });
  }

  #take(target: string, result: Answer): void {
    if (this.#ended || this.#answers.has(target) || (result.kind === "failure" && this.#isLate())) return;
    this.#answers.set(target, result);
    if (result.kind === "failure" && !this.#stepping && !this.#decided) this.#step();
    if (!this.#decided && !this.#isClear()) return;
    if (this.#answers.size === this.#askedAt.size) this.#end();
    this.#decide();
  }

  /** Whether nothing that is still to come can change the verdict. */
  #isClear(): boolean {
    const { targets, need } = this.#options;
    const answered = this.#countAnswered();
    const failed = this.#answers.size - answered;
    return answered >= need() || targets.length - failed < need();
  }

  #timeOut(): void {
    const { timeout, now } = this.#options;
    for (const [target, at] of this.#askedAt) {
      if (this.#answers.has(target) || this.#isLate()) continue;
      const detail = `timeout after ${formatDuration(timeout)}`;
      this.#answers.set(target, { kind: "failure", code: "timeout", seconds: (now() - at) / 1000, detail });
    }
    this.#end();
    this.#decide();
  }

  #decide(): void {
    if (this.#decided) return;
    this.#decided = true;
    this.#cancelStep();
    this.#cancelHalf();
    const { need, now } = this.#options;
    this.#verdict.resolve({
      success: this.#countAnswered() >= need(),
      seconds: (now() - this.#start) / 1000,
      answers: new Map(this.#answers),
    });
  }

  #end(): void {
    this.#ended = true;
    this.#cancelEnd();
    this.#abort.abort();
    this.#options.onEnd(this.#answers);
  }

  #countAnswered(): number {
    return [...this.#answers.values()].filter(({ kind }) => kind === "success").length;
  }

  #isLate(): boolean {
    return isLate(this.#options.now() - this.#start, this.#options.timeout);
  }
}
