import { backoff, exponential, type Random } from "../time/backoff.ts";
import type { ProviderFailure } from "./providers/provider.ts";
import { checkInterval, longBackoff } from "./update-waits.ts";
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

/** How often access that worked before and is denied now is tried again after seconds. */
const TRIES_OF_TRUSTED_ACCESS = 3;

/** First wait after such a denial, in milliseconds; it doubles. */
const FIRST_DENIAL_MS = 4000;

/** Decides when the next update follows, by how the last ones ended. */
export class RetryPolicy {
  readonly #random: Random;
  /** Failures in a row that may pass by themselves. */
  #failures = 0;
  /** How many more denials of access may pass by themselves: none until the access has worked once. */
  #trust = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Forgets the failures: what comes next has nothing to do with them. */
  reset(): void {
    this.#failures = 0;
  }

  after(outcome: Outcome): Verdict {
    const { end, changes, listed } = outcome;
    const error = typeof end === "object" ? end : undefined;
    if (error?.kind === "access") return this.#afterDenial(error);
    if (listed) this.#trust = TRIES_OF_TRUSTED_ACCESS;
    if (error?.kind !== "passing") {
      this.#failures = 0;
      const waitMs = error ? longBackoff(this.#random) : checkInterval(this.#random);
      return { waitMs, failure: error, onlyTimeHelps: false }; // other changes may succeed
    }
    const before = changes.length > 0 ? 0 : this.#failures; // where changes succeed, the provider works, if slowly
    this.#failures = before + 1;
    return { waitMs: backoff(this.#failures, this.#random), failure: error, onlyTimeHelps: true };
  }

  /** Providers decline a good key now and then, so access that worked before may work again at once. */
  #afterDenial({ kind, detail, remedy }: ProviderFailure): Verdict {
    this.#failures = 0;
    if (this.#trust === 0) {
      return { waitMs: longBackoff(this.#random), failure: { kind, detail, remedy }, onlyTimeHelps: true };
    }
    const tries = TRIES_OF_TRUSTED_ACCESS - this.#trust + 1;
    this.#trust -= 1;
    const waitMs = exponential(tries, FIRST_DENIAL_MS, Infinity) * (0.5 + this.#random() / 2);
    const hint = "the same access worked before, so it is tried again soon";
    return { waitMs, failure: { kind: "passing", detail, remedy: hint }, onlyTimeHelps: true };
  }
}
