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
  /** How many more denials of access may pass by themselves: none until the access has worked once. */
  #trust = 0;
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

  after({ end, changes, listed, planned }: Outcome): Verdict {
    const isOther = planned !== undefined && planned !== this.#goal.planned;
    if (typeof end !== "object" || isOther) this.#goal = newGoal(planned);
    const error = end instanceof ProviderError ? end : undefined;
    if (listed && error?.kind !== "access") this.#trust = TRIES_OF_TRUSTED_ACCESS;
    // A new successful change resets the back-off; repeating one does not.
    if (this.#rememberNew(changes) || error?.kind !== "passing") this.#failures = 0;

    if (!error && typeof end === "object") return this.#afterDifference(end);
    if (error?.kind === "access") return this.#afterDenial(error);
    if (error?.kind !== "passing") {
      const waitMs = error ? longBackoff(this.#random) : checkInterval(this.#random);
      return { waitMs, failure: error, onlyTimeHelps: false }; // other changes may succeed
    }
    this.#failures += 1;
    return { waitMs: backoff(this.#failures, this.#random), failure: error, onlyTimeHelps: true };
  }

  /**
   * The provider stores something other than it confirmed, and may go on with that. So the waits grow although every change
   * succeeds; other desired records do not wait for them.
   */
  #afterDifference({ detail, remedy }: Difference): Verdict {
    this.#goal.differences += 1;
    const isLasting = this.#goal.differences >= TRIES_OF_SAME_RECORDS;
    const waitMs = isLasting ? longBackoff(this.#random) : this.#shortWait(this.#goal.differences);
    return { waitMs, failure: { kind: isLasting ? "refused" : "passing", detail, remedy }, onlyTimeHelps: false };
  }

  /** Providers decline a good key now and then, so access that worked before may work again at once. */
  #afterDenial({ kind, detail, remedy }: ProviderFailure): Verdict {
    if (this.#trust === 0) {
      return { waitMs: longBackoff(this.#random), failure: { kind, detail, remedy }, onlyTimeHelps: true };
    }
    const waitMs = this.#shortWait(TRIES_OF_TRUSTED_ACCESS - this.#trust + 1);
    this.#trust -= 1;
    const hint = "the same access worked before, so it is tried again soon";
    return { waitMs, failure: { kind: "passing", detail, remedy: hint }, onlyTimeHelps: true };
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
