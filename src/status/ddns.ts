import type { DdnsEvent } from "../ddns/events.ts";
import { isLasting } from "../ddns/lasting.ts";
import { failureText } from "../text/failure.ts";
import type { Clock } from "../time/clock.ts";
import { rounded, Timestamp } from "./timestamp.ts";
import type { Ddns } from "./schema.ts";

type Trouble = Extract<DdnsEvent, { type: "ddns-trouble" }>;

/** The state of the DNS name. */
export class DdnsModel {
  readonly #provider: string;
  readonly #hostname: string;
  readonly #clock: Clock;
  readonly #succeededAt: Timestamp;
  readonly #failedAt: Timestamp;
  #writesAllowed: boolean | null;
  #ok: boolean | null = null;
  #addresses: readonly string[] = [];
  #pending: readonly string[] | undefined;
  #succeeded = false;
  #trouble: Trouble | undefined;
  #nextTry = -Infinity;
  /** Failures in a row. */
  #failures = 0;
  /** What servers of -ddns-verify lastingly show instead of the records. */
  #shownInstead: string | undefined;

  /** @param conditional whether this machine may write only while it has an address */
  constructor(provider: string, hostname: string, conditional: boolean, clock: Clock) {
    this.#provider = provider;
    this.#hostname = hostname;
    this.#clock = clock;
    this.#writesAllowed = conditional ? null : true;
    this.#succeededAt = new Timestamp(clock);
    this.#failedAt = new Timestamp(clock);
  }

  record(event: DdnsEvent): void {
    switch (event.type) {
      case "ddns-write-gate":
        this.#writesAllowed = event.allowed;
        break;
      case "ddns-desired":
        this.#pending = event.addresses;
        break;
      case "ddns-verified":
        this.#ok = true;
        this.#failures = 0;
        this.#pending = undefined;
        this.#succeeded = true;
        this.#succeededAt.set();
        this.#addresses = event.addresses;
        break;
      case "ddns-trouble":
        this.#ok = false;
        this.#failures++;
        this.#trouble = event;
        this.#failedAt.set();
        break;
      case "ddns-shown":
        this.#shownInstead = undefined;
        break;
      case "ddns-not-shown":
        this.#shownInstead = event.detail;
        break;
      case "ddns-scheduled":
        this.#nextTry = this.#clock.steady() + event.waitMs;
        break;
    }
  }

  /**
   * Why the records cannot be kept right, as a clause; undefined while they can, or while another machine has to.
   *
   * @param subject what the records are called
   */
  fault(subject: string): string | undefined {
    if (this.#writesAllowed === false) return undefined;
    const trouble = this.#trouble;
    if (this.#ok === false && trouble && isLasting(trouble.kind, this.#failures)) {
      return `DNS name ${subject} is not kept up to date: ${trouble.detail}`;
    }
    return this.#shownInstead && `name servers do not show the addresses of ${subject}: ${this.#shownInstead}`;
  }

  view(): Ddns {
    const wait = this.#nextTry - this.#clock.steady();
    const trouble = this.#trouble;
    return {
      provider: this.#provider,
      hostname: this.#hostname,
      onDuty: this.#writesAllowed,
      ok: this.#ok,
      addresses: [...this.#addresses],
      pending: this.#pending && this.#writesAllowed !== false ? [...this.#pending] : null,
      lastSuccess: this.#succeeded ? this.#succeededAt.view() : null,
      lastError: trouble ? { kind: trouble.kind, why: failureText(trouble), at: this.#failedAt.view() } : null,
      nextTrySeconds: wait > 0 ? rounded(wait / 1000, 3) : null,
    };
  }
}
