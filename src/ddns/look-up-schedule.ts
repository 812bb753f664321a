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

interface Active {
  /** Ends the look-up that is under way. */
  request: AbortController;
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
      if (this.#active.has(gateway)) continue;
      const active = { request: new AbortController(), timer: undefined };
      this.#active.set(gateway, active);
      void this.#lookUp(gateway, active, 0);
    }
  }

  async #lookUp(gateway: string, active: Active, failuresBefore: number): Promise<void> {
    const { lookUp, onResult } = this.#options;
    active.request = new AbortController();
    const result = await lookUp(gateway, active.request.signal);
    if (this.#active.get(gateway) !== active) return;
    const failures = result.kind === "success" ? 0 : failuresBefore + 1;
    active.timer = setTimeout(() => void this.#lookUp(gateway, active, failures), this.#wait(failures, result));
    onResult(gateway, result);
  }

  /** What the service asks for counts, where it is longer. */
  #wait(failures: number, result: LookUpResult): number {
    const demanded = result.kind === "failure" ? (result.retryAfterMs ?? 0) : 0;
    return Math.max(demanded, this.#usualWait(failures));
  }

  /** A tenth of the period is random, so that many gateways are not looked up in the same moment each time. */
  #usualWait(failures: number): number {
    const { refresh, random } = this.#options;
    return failures === 0 ? refresh * (1 - random() / 10) : exponential(failures, FIRST_RETRY_MS, refresh);
  }
}
