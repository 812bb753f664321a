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
  return Math.max(demandedBy(result), exponential(failures, FIRST_RETRY_MS, refresh));
}

/** A result so young, from the start of its look-up on, is good enough for a pool that asks a moment later. */
const RECENT_MS = 2000;

interface Active {
  /** Ends the look-up that is under way. */
  readonly request: AbortController;
  readonly start: number;
  /** Failures in a row. */
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Undefined while the look-up is under way. */
  result: LookUpResult | undefined;
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

  /**
   * Another pool needs a gateway that is looked up already. Returns its newest result where that is recent, or its
   * service wants no question yet; or else a new one follows, at once.
   */
  ask(gateway: string): LookUpResult | undefined {
    const active = this.#active.get(gateway);
    if (active?.result === undefined) return undefined; // it is under way
    const { start, failures, timer, result } = active;
    if (performance.now() < start + Math.max(RECENT_MS, demandedBy(result))) return result;
    clearTimeout(timer);
    void this.#lookUp(gateway, failures);
    return undefined;
  }

  async #lookUp(gateway: string, failures: number): Promise<void> {
    const { lookUp, onResult, refresh, random } = this.#options;
    const start = performance.now();
    const active: Active = { request: new AbortController(), start, failures, timer: undefined, result: undefined };
    this.#active.set(gateway, active);
    const result = await lookUp(gateway, active.request.signal);
    if (this.#active.get(gateway) !== active) return;
    active.result = result;
    active.failures = result.kind === "success" ? 0 : failures + 1;
    const wait = lookUpWait(result, active.failures, refresh, random);
    active.timer = setTimeout(() => void this.#lookUp(gateway, active.failures), wait);
    onResult(gateway, result);
  }
}

/** The wait that the service asked for, in milliseconds. */
function demandedBy(result: LookUpResult): number {
  return result.kind === "success" ? 0 : (result.retryAfterMs ?? 0);
}
