import { exponential, type Random } from "../time/backoff.ts";
import type { LookUpResult } from "./look-up-result.ts";
import type { LookUp } from "./look-up.ts";

export interface LookUpScheduleOptions {
  readonly lookUp: LookUp;
  /** Milliseconds from the end of a successful look-up to the next one. */
  readonly refresh: number;
  readonly random: Random;
  readonly onResult: (gateway: string, result: LookUpResult) => void;
}

/** First wait after a look-up that failed; it doubles up to the refresh period. */
const FIRST_RETRY_MS = 1000;

/**
 * The milliseconds from the end of a look-up to the next one: a tenth of the period is random, so that many gateways are
 * not looked up in the same moment each time. What the service asks for counts, where it is longer.
 *
 * @param failures in a row, this one included
 * @param refresh the wait after a success, and the longest after a failure
 */
export function lookUpWait(result: LookUpResult, failures: number, refresh: number, random: Random): number {
  if (result.kind === "success") return refresh * (1 - random() / 10);
  return Math.max(result.retryAfterMs ?? 0, exponential(failures, FIRST_RETRY_MS, refresh));
}

interface Active {
  /** Ends the look-up that is under way. */
  readonly request: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Looks up the public address of every active gateway, each in a rhythm of its own. */
export class LookUpSchedule {
  readonly #options: LookUpScheduleOptions;
  readonly #active = new Map<string, Active>();

  constructor(options: LookUpScheduleOptions) {
    this.#options = options;
  }

  /** Looks up exactly these gateways from now on, the new ones among them at once. */
  setActive(gateways: ReadonlySet<string>): void {
    for (const [gateway, { request, timer }] of this.#active) {
      if (gateways.has(gateway)) continue;
      this.#active.delete(gateway);
      clearTimeout(timer);
      request.abort();
    }
    for (const gateway of gateways) {
      if (!this.#active.has(gateway)) void this.#lookUp(gateway, 0);
    }
  }

  async #lookUp(gateway: string, failuresBefore: number): Promise<void> {
    const { lookUp, onResult, refresh, random } = this.#options;
    const active: Active = { request: new AbortController(), timer: undefined };
    this.#active.set(gateway, active);
    const result = await lookUp(gateway, active.request.signal);
    if (this.#active.get(gateway) !== active) return;
    const failures = result.kind === "success" ? 0 : failuresBefore + 1;
    const wait = lookUpWait(result, failures, refresh, random);
    active.timer = setTimeout(() => void this.#lookUp(gateway, failures), wait);
    onResult(gateway, result);
  }
}
