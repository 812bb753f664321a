import type { LookUpResult } from "./look-up-result.ts";
import { exponential, type Random } from "../time/backoff.ts";
import type { LookUp } from "./look-up.ts";

export interface LookUpScheduleOptions {
  readonly lookUp: LookUp;
  /** Milliseconds after which an address is asked again. */
  readonly refresh: number;
  readonly random: Random;
  readonly onResult: (gateway: string, result: LookUpResult) => void;
}

/** First wait after a look-up that failed; it doubles up to the refresh period. */
const FIRST_RETRY_MS = 1000;

interface Asking {
  /** Cuts off the request that is under way. */
  request: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Asks every active gateway's public address, each on a rhythm of its own. */
export class LookUpSchedule {
  readonly #options: LookUpScheduleOptions;
  readonly #asking = new Map<string, Asking>();

  constructor(options: LookUpScheduleOptions) {
    this.#options = options;
  }

  /** Asks these gateways from now on, the new ones among them at once, and no others. */
  setActive(gateways: ReadonlySet<string>): void {
    for (const [gateway, { request, timer }] of this.#asking) {
      if (gateways.has(gateway)) continue;
      this.#asking.delete(gateway);
      clearTimeout(timer);
      request.abort();
    }
    for (const gateway of gateways) {
      if (this.#asking.has(gateway)) continue;
      const asking = { request: new AbortController(), timer: undefined };
      this.#asking.set(gateway, asking);
      void this.#ask(gateway, asking, 0);
    }
  }

  async #ask(gateway: string, asking: Asking, failuresBefore: number): Promise<void> {
    const { lookUp, onResult } = this.#options;
    asking.request = new AbortController();
    const result = await lookUp(gateway, asking.request.signal);
    if (this.#asking.get(gateway) !== asking) return;
    const failures = result.kind === "success" ? 0 : failuresBefore + 1;
    asking.timer = setTimeout(() => void this.#ask(gateway, asking, failures), this.#pause(failures));
    onResult(gateway, result);
  }

  /** A tenth of the period is left to chance, so that many gateways are not asked all at once for ever. */
  #pause(failures: number): number {
    const { refresh, random } = this.#options;
    return failures === 0 ? refresh * (1 - random() / 10) : exponential(failures, FIRST_RETRY_MS, refresh);
  }
}
