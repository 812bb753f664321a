import { backoff, exponential, type Random } from "../time/backoff.ts";
import type { RecordChange } from "./plan-records.ts";
import { ProviderError, type ProviderFailure } from "./providers/provider.ts";
import type { Difference } from "./read-back.ts";
import type { Outcome } from "./update.ts";

/** What follows from the outcome of an update. */
export interface Verdict {
  /** Milliseconds until the next one. */
  readonly waitMs: number;
  /** What to report, and whether it may pass; undefined after an update that did not fail. */
  readonly failure: ProviderFailure | undefined;
  /** Whether only time helps, so that other desired records are no reason to update sooner. */
  readonly onlyTimeHelps: boolean;
}

const MINUTE_MS = 60_000;

/** The time from one check of correct records to the next: 10 to 15 minutes, in milliseconds. */
const checkInterval = (random: Random): number => (10 + random() * 5) * MINUTE_MS;

/** The wait after a failure that only a person can correct: 15 to 60 minutes, in milliseconds. */
const longBackoff = (random: Random): number => (15 + random() * 45) * MINUTE_MS;

/** First wait after a denial or a difference that may pass, in milliseconds; it doubles. */
const FIRST_WAIT_MS = 4000;

/** How often the same desired records are written before a difference is for a person to resolve. */
const TRIES_OF_SAME_RECORDS = 8;

/** How often access that worked before and is denied now is tried again after seconds. */
const TRIES_OF_TRUSTED_ACCESS = 3;

const newGoal = (planned?: string) => ({ planned, differences: 0, made: new Set<string>() });

/** Decides when the next update follows, by how the last ones ended. */
export class RetryPolicy {
  readonly #random: Random;
  /** Failures in a row that may pass by themselves. */
  #failures = 0;
  /** Denials of access in a row since it worked; without end until it has worked once. */
  #denials = Infinity;
  /** The addresses that the updates since the last correct records should publish, and how many ended with a difference. */
  #goal = newGoal();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Forgets the failures: what comes next has nothing to do with them. */
  reset(): void {
    this.#failures = 0;
    this.#goal = newGoal();
  }

  after(outcome: Outcome): Verdict {
    this.#note(outcome);
    const { end } = outcome;
    if (typeof end !== "object") {
      return { waitMs: checkInterval(this.#random), failure: undefined, onlyTimeHelps: false };
    }
    if (!(end instanceof ProviderError)) return this.#afterDifference(end);
    switch (end.kind) {
      case "access":
        return this.#afterDenial(end);
      case "refused":
      case "quota": // other changes may succeed
        return { waitMs: longBackoff(this.#random), failure: end, onlyTimeHelps: false };
      case "passing":
        return { waitMs: backoff(this.#failures, this.#random), failure: end, onlyTimeHelps: true };
    }
  }

  /** Counts the outcome. */
  #note({ end, changes, listed, planned }: Outcome): void {
    const isOther = planned !== undefined && planned !== this.#goal.planned;
    if (typeof end !== "object" || isOther) this.#goal = newGoal(planned);
    const kind = end instanceof ProviderError ? end.kind : undefined;
    if (typeof end === "object" && kind === undefined) this.#goal.differences += 1;
    if (kind === "access") this.#denials += 1;
    else if (listed) this.#denials = 0;
    // A new successful change resets the back-off; repeating one does not.
    if (this.#rememberNew(changes) || kind !== "passing") this.#failures = 0;
    if (kind === "passing") this.#failures += 1;
  }

  /**
   * The provider stores something other than it confirmed, and may go on with that. So the waits grow although every change
   * succeeds; other desired records do not wait for them.
   */
  #afterDifference({ detail, remedy }: Difference): Verdict {
    const { differences } = this.#goal;
    const isLasting = differences >= TRIES_OF_SAME_RECORDS;
    const waitMs = isLasting ? longBackoff(this.#random) : this.#shortWait(differences);
    return { waitMs, failure: { kind: isLasting ? "refused" : "passing", detail, remedy }, onlyTimeHelps: false };
  }

  /** Providers decline a good key now and then, so access that worked before may work again at once. */
  #afterDenial({ kind, detail, remedy }: ProviderFailure): Verdict {
    if (this.#denials > TRIES_OF_TRUSTED_ACCESS) {
      return { waitMs: longBackoff(this.#random), failure: { kind, detail, remedy }, onlyTimeHelps: true };
    }
    const hint = "the same access worked before, so it is tried again soon";
    const failure = { kind: "passing", detail, remedy: hint } as const;
    return { waitMs: this.#shortWait(this.#denials), failure, onlyTimeHelps: true };
  }

  #shortWait(tries: number): number {
    return exponential(tries, FIRST_WAIT_MS, Infinity) * (0.5 + this.#random() / 2);
  }

  /** Whether some of these changes were not made before for the same desired records. */
  #rememberNew(changes: readonly RecordChange[]): boolean {
    const { made } = this.#goal;
    const before = made.size;
    for (const change of changes) {
      const from = change.op === "add" ? "" : change.record.address;
      made.add(`${change.op} ${from} ${change.op === "remove" ? "" : change.content.address}`);
    }
    return made.size > before;
  }
}
