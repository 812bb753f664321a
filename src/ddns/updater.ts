import type { Random } from "../time/backoff.ts";
import { deadline } from "../time/deadline.ts";
import { readRetryAfter } from "../fetch/retry-after.ts";
import type { EmitDdns } from "./events.ts";
import { isKnown } from "./plan-records.ts";
import { ProviderError, type ProviderFailure } from "./providers/provider.ts";
import { ReadBack } from "./read-back.ts";
import { RetryPolicy } from "./retry-policy.ts";
import { type Outcome, type UpdateOptions, updateRecords } from "./update.ts";

export interface UpdaterOptions extends UpdateOptions {
  /** Milliseconds that one update may take. */
  readonly timeout: number;
  readonly emit: EmitDdns;
  /** What to do about a failure that has no remedy of its own, where that depends on the gateways. */
  readonly remedyFor: (failure: ProviderFailure) => string | undefined;
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
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastStart = -Infinity;
  #nextStart = -Infinity;
  /** Nothing is sent before, since the provider asked for that (steady clock). */
  #notBefore = -Infinity;
  readonly #policy: RetryPolicy;
  readonly #readBack = new ReadBack();
  /** Whether only time helps, so that other desired records are no reason to try. */
  #backingOff = false;
  /** Whether the provider could not be reached by the last request. */
  #isUnreachable = false;
  /** Whether a gateway became active during the update that is under way. */
  #hasNewGateway = false;

  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#policy = new RetryPolicy(options.random);
  }

  /** Reads the records at once, even if nothing is desired: a wrong key is reported now and not at the first change. */
  start(): void {
    if (!this.#current) this.#schedule(0);
  }

  /** Other records are desired, or none are any more. */
  wake(): void {
    const { writeGate, desired, emit } = this.#options;
    const wanted = desired();
    const addresses = wanted && isKnown(wanted) ? wanted.addresses : undefined;
    const earliest = this.#backingOff ? this.#nextStart : this.#notBefore;
    const delayMs = Math.max(0, earliest - performance.now());
    emit({ type: "ddns-desired", addresses, delayMs });
    if (!wanted) return;
    if (!writeGate.allowed) emit({ type: "ddns-skipped", reason: "required_ip_not_found" });
    else if (this.#current) this.#again = true;
    else if (!this.#backingOff) this.#schedule(this.#spacing());
  }

  /**
   * This machine may write from now on. The machine that wrote before has left records that have to be read first, so an
   * update that is under way is aborted.
   */
  takeOver(): void {
    this.#policy.reset();
    this.#readBack.forget();
    if (this.#current) this.#current.abort();
    else this.#schedule(0);
  }

  /**
   * A gateway became active. A provider that could not be reached may be reachable through it, so the back-off ends. The
   * next update follows after the usual spacing, or sooner if the gateway's own address, which it should publish as well, is
   * known before.
   */
  gatewayAdded(): void {
    this.#hasNewGateway = true;
    if (this.#current || !this.#isUnreachable) return;
    this.#backingOff = false;
    this.#schedule(SPACING_MS);
  }

  /** Aborts what is under way; the records stay as they are. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#current?.abort();
  }

  #schedule(wanted: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const waitMs = Math.max(wanted, this.#notBefore - performance.now());
    this.#nextStart = performance.now() + waitMs;
    this.#timer = setTimeout(() => void this.#run(), waitMs);
    this.#options.emit({ type: "ddns-scheduled", waitMs });
  }

  async #run(): Promise<void> {
    this.#lastStart = performance.now();
    this.#again = false;
    this.#hasNewGateway = false;
    const { signal } = (this.#current = new AbortController());
    const outcome = await updateRecords(this.#options, this.#readBack, deadline(this.#options.timeout, signal));
    if (this.#stopped) return;
    this.#current = undefined;
    const takenOver = signal.aborted;
    this.#report(takenOver ? { ...outcome, end: "idle" } : outcome);
    const wait = takenOver ? 0 : this.#waitAfter(outcome);
    this.#schedule(this.#again && !takenOver && !this.#backingOff ? this.#spacing() : wait);
  }

  #report({ end, changes, acceptedTtl, addresses, retained }: Outcome): void {
    const { emit, desired, writeGate, ttl } = this.#options;
    const error = typeof end === "object" ? end.detail : undefined;
    const due = writeGate.allowed && desired() !== undefined;
    if (changes.length > 0 || (error !== undefined && due)) {
      const seconds = (performance.now() - this.#lastStart) / 1000;
      emit({ type: "ddns-update", seconds, changes, error });
    } else if (end === "correct") {
      emit({ type: "ddns-skipped", reason: "no_change" });
    } else if (end === "writes not allowed") {
      emit({ type: "ddns-skipped", reason: "required_ip_not_found" });
    }
    if (acceptedTtl !== undefined) emit({ type: "ddns-accepted", storedTtl: acceptedTtl, ttl });
    if (end === "correct") emit({ type: "ddns-verified", addresses, retained });
  }

  /** How long to wait after an update, which is noted, and reported if it failed. */
  #waitAfter(outcome: Outcome): number {
    const { waitMs, failure, onlyTimeHelps } = this.#policy.after(outcome);
    const demandedMs = demandedBy(outcome);
    const isUnreachable = failure?.code !== undefined;
    const mayBeReachableNow = isUnreachable && this.#hasNewGateway;
    const retryMs = Math.max(mayBeReachableNow ? SPACING_MS : waitMs, this.#spacing(), demandedMs ?? 0);

    this.#isUnreachable = isUnreachable;
    this.#backingOff = onlyTimeHelps && !mayBeReachableNow;
    if (demandedMs !== undefined) this.#notBefore = performance.now() + demandedMs;

    if (!failure) return waitMs;
    const { kind, code, detail, remedy = this.#options.remedyFor(failure) } = failure;
    this.#options.emit({ type: "ddns-trouble", kind, code, detail, remedy, waitMs: retryMs });
    return retryMs;
  }

  #spacing(): number {
    return Math.max(0, this.#lastStart + SPACING_MS - performance.now());
  }
}

/** The wait that the provider asked for (Retry-After), in milliseconds. */
function demandedBy({ end }: Outcome): number | undefined {
  return end instanceof ProviderError ? readRetryAfter(end.retryAfter) : undefined;
}
