import type { EmitDdns } from "./events.ts";
import { backoff, type Random } from "../time/backoff.ts";
import { deadline } from "../time/deadline.ts";
import type { ProviderError } from "./providers/provider.ts";
import { checkInterval, longBackoff } from "./update-waits.ts";
import { type Outcome, type UpdateOptions, updateRecords } from "./update.ts";

export interface UpdaterOptions extends UpdateOptions {
  /** The provider's name in metrics. */
  readonly label: string;
  /** Milliseconds that one update may take. */
  readonly timeout: number;
  readonly emit: EmitDdns;
  readonly random: Random;
}

/** Updates begin at least so far apart: be gentle with a free service. */
const GENTLE_MS = 2000;

/**
 * Decides when to update: at once when the wish changes, later after a failure, and now and then in any case. One update
 * runs at a time; whatever changes meanwhile is part of it, or of the next one.
 */
export class Updater {
  readonly #options: UpdaterOptions;
  #current: AbortController | undefined;
  #again = false;
  #takenOver = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastStart = -Infinity;
  /** Failures in a row that may pass by themselves. */
  #failures = 0;
  /** Whether only time helps, so that a changed wish is no reason to try. */
  #backingOff = false;

  constructor(options: UpdaterOptions) {
    this.#options = options;
  }

  /** Reads the records at once, wish or not: a wrong key should be told now and not in an emergency. */
  start(): void {
    this.#schedule(0);
  }

  /** The wish has changed. */
  wake(): void {
    if (!this.#options.onDuty()) this.#skip("required_ip_not_found");
    else if (this.#current) this.#again = true;
    else if (!this.#backingOff) this.#schedule(this.#politeWait());
  }

  /**
   * This machine may write from now on. Whoever did so before has left records that have to be read first, so an update
   * that is under way is cut off.
   */
  takeOver(): void {
    this.#failures = 0;
    this.#backingOff = false;
    this.#takenOver = this.#current !== undefined;
    if (this.#current) this.#current.abort();
    else this.#schedule(0);
  }

  /** Cuts off what is under way; the records stay as they are. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#current?.abort();
  }

  #schedule(wait: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#run(), wait);
    this.#options.emit({ type: "ddns-scheduled", provider: this.#options.label, waitMs: wait });
  }

  async #run(): Promise<void> {
    this.#lastStart = performance.now();
    this.#again = false;
    this.#current = new AbortController();
    const outcome = await updateRecords(this.#options, deadline(this.#options.timeout, this.#current.signal));
    if (this.#stopped) return;
    this.#current = undefined;
    if (this.#takenOver) {
      this.#takenOver = false;
      this.#report({ ...outcome, end: "idle" });
      this.#schedule(0);
      return;
    }
    this.#report(outcome);
    const pause = this.#pauseAfter(outcome);
    this.#schedule(this.#again && !this.#backingOff ? this.#politeWait() : pause);
  }

  #report({ end, changes, addresses, spared }: Outcome): void {
    const { emit, label: provider, wish, onDuty } = this.#options;
    const error = typeof end === "object" ? end.detail : undefined;
    const due = onDuty() && wish() !== undefined;
    if (changes.length > 0 || (error !== undefined && due)) {
      const seconds = (performance.now() - this.#lastStart) / 1000;
      emit({ type: "ddns-update", provider, seconds, changes, error });
    } else if (end === "right") {
      this.#skip("no_change");
    } else if (end === "off duty") {
      this.#skip("required_ip_not_found");
    }
    if (end === "right") emit({ type: "ddns-verified", provider, addresses, spared });
  }

  #pauseAfter({ end, changes }: Outcome): number {
    const { random } = this.#options;
    if (changes.length > 0) this.#failures = 0; // the provider works, if slowly
    if (typeof end === "object") return this.#pauseAfterError(end);
    this.#failures = 0;
    this.#backingOff = false;
    return checkInterval(random);
  }

  /** Where a change was refused, another wish may succeed; not so without access, nor while the provider is down. */
  #pauseAfterError({ kind, code, detail, remedy }: ProviderError): number {
    const { random, emit, label: provider } = this.#options;
    this.#failures = kind === "passing" ? this.#failures + 1 : 0;
    this.#backingOff = kind === "passing" || kind === "access";
    const wanted = kind === "passing" ? backoff(this.#failures, random) : longBackoff(random);
    const waitMs = Math.max(wanted, this.#politeWait());
    emit({ type: "ddns-trouble", provider, kind, code, detail, remedy, waitMs });
    return waitMs;
  }

  #politeWait(): number {
    return Math.max(0, this.#lastStart + GENTLE_MS - performance.now());
  }

  #skip(reason: "required_ip_not_found" | "no_change"): void {
    this.#options.emit({ type: "ddns-skipped", provider: this.#options.label, reason });
  }
}
