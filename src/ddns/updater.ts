import { backoff, type Random } from "../time/backoff.ts";
import { deadline } from "../time/deadline.ts";
import type { EmitDdns } from "./events.ts";
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

/** Least time between the starts of two updates, so that flapping gateways do not flood a free service. */
const SPACING_MS = 2000;

/**
 * Decides when to update: at once when other records are desired, later after a failure, and at intervals in any case.
 * One update runs at a time; what changes meanwhile is part of it, or of the next one.
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
  /** Whether only time helps, so that other desired records are no reason to try. */
  #backingOff = false;

  constructor(options: UpdaterOptions) {
    this.#options = options;
  }

  /** Reads the records at once, even if nothing is desired: a wrong key is reported now and not at the first change. */
  start(): void {
    this.#schedule(0);
  }

  /** Other records are desired. */
  wake(): void {
    if (!this.#options.writeGate.allowed) this.#skip("required_ip_not_found");
    else if (this.#current) this.#again = true;
    else if (!this.#backingOff) this.#schedule(this.#spacing());
  }

  /**
   * This machine may write from now on. The machine that wrote before has left records that have to be read first, so an
   * update that is under way is aborted.
   */
  takeOver(): void {
    this.#failures = 0;
    this.#backingOff = false;
    this.#takenOver = this.#current !== undefined;
    if (this.#current) this.#current.abort();
    else this.#schedule(0);
  }

  /** Aborts what is under way; the records stay as they are. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#current?.abort();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#run(), waitMs);
    this.#options.emit({ type: "ddns-scheduled", provider: this.#options.label, waitMs });
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
    const wait = this.#waitAfter(outcome);
    this.#schedule(this.#again && !this.#backingOff ? this.#spacing() : wait);
  }

  #report({ end, changes, addresses, retained }: Outcome): void {
    const { emit, label: provider, desired, writeGate } = this.#options;
    const error = typeof end === "object" ? end.detail : undefined;
    const due = writeGate.allowed && desired() !== undefined;
    if (changes.length > 0 || (error !== undefined && due)) {
      const seconds = (performance.now() - this.#lastStart) / 1000;
      emit({ type: "ddns-update", provider, seconds, changes, error });
    } else if (end === "correct") {
      this.#skip("no_change");
    } else if (end === "writes not allowed") {
      this.#skip("required_ip_not_found");
    }
    if (end === "correct") emit({ type: "ddns-verified", provider, addresses, retained });
  }

  #waitAfter({ end, changes }: Outcome): number {
    const { random } = this.#options;
    if (changes.length > 0) this.#failures = 0; // the provider works, if slowly
    if (typeof end === "object") return this.#waitAfterError(end);
    this.#failures = 0;
    this.#backingOff = false;
    return checkInterval(random);
  }

  /** After a declined change, another one may succeed; not so without access, nor while the provider is down. */
  #waitAfterError({ kind, code, detail, remedy }: ProviderError): number {
    const { random, emit, label: provider } = this.#options;
    this.#failures = kind === "passing" ? this.#failures + 1 : 0;
    this.#backingOff = kind === "passing" || kind === "access";
    const wanted = kind === "passing" ? backoff(this.#failures, random) : longBackoff(random);
    const waitMs = Math.max(wanted, this.#spacing());
    emit({ type: "ddns-trouble", provider, kind, code, detail, remedy, waitMs });
    return waitMs;
  }

  #spacing(): number {
    return Math.max(0, this.#lastStart + SPACING_MS - performance.now());
  }

  #skip(reason: "required_ip_not_found" | "no_change"): void {
    this.#options.emit({ type: "ddns-skipped", provider: this.#options.label, reason });
  }
}
