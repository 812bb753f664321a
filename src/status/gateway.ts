import type { AddressState } from "../ddns/events.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { failureText } from "../text/failure.ts";
import type { Clock } from "../time/clock.ts";
import { rounded, Timestamp } from "./timestamp.ts";
import { History } from "./history.ts";
import { HourlyCounter } from "./hourly-counter.ts";
import { Latencies } from "./latencies.ts";
import type { Gateway } from "./schema.ts";

type State = Gateway["state"];

/** The state of one gateway. It never grows, and a probe makes no objects. */
export class GatewayModel {
  readonly #address: string;
  readonly #clock: Clock;
  readonly #latencies = new Latencies();
  readonly #history: History;
  readonly #downsLately: HourlyCounter;
  readonly #since: Timestamp;
  readonly #failedAt: Timestamp;
  #state: State = "unknown";
  #downs = 0;
  #failuresInRow = 0;
  #failure: string | undefined;
  #leftOut: string | null = null;
  #losses = 0;
  #heldUntil = -Infinity;
  #kept = false;
  #publicAddress: string | null = null;
  #addressState: AddressState = "inactive";
  #addressFailure: string | null = null;

  /** @param slotMs length of a slot of the history, in milliseconds */
  constructor(address: string, slotMs: number, clock: Clock) {
    const start = clock.steady();
    this.#address = address;
    this.#clock = clock;
    this.#history = new History(slotMs, start);
    this.#downsLately = new HourlyCounter(start);
    this.#since = new Timestamp(clock);
    this.#failedAt = new Timestamp(clock);
  }

  get state(): State {
    return this.#state;
  }

  probed(result: ProbeResult, failuresInRow: number): void {
    const now = this.#clock.steady();
    const seconds = result.kind === "success" ? result.seconds : Number.NaN;
    this.#failuresInRow = failuresInRow;
    this.#latencies.add(seconds);
    this.#history.addProbe(now, seconds);
    if (this.#state !== "unknown") this.#history.setState(now, this.#state === "up");
    if (result.kind === "success") return;
    this.#failure = result.detail;
    this.#failedAt.set();
  }

  turned(state: "up" | "down"): void {
    const now = this.#clock.steady();
    if (this.#state === "up" && state === "down") {
      this.#downs++;
      this.#downsLately.add(now);
    }
    if (state !== this.#state) this.#since.set();
    this.#state = state;
    this.#history.setState(now, state === "up");
  }

  /** Why it cannot be a nexthop now; null when it can. */
  leaveOut(why: string | null): void {
    this.#leftOut = why;
  }

  /** It flaps and is not used for so many milliseconds; 0 ends the hold. */
  hold(milliseconds: number, losses: number): void {
    this.#heldUntil = this.#clock.steady() + milliseconds;
    this.#losses = losses;
  }

  /** Whether it is used without being healthy (-min-healthy). */
  keep(kept: boolean): void {
    this.#kept = kept;
  }

  setPublicAddress(address: string): void {
    this.#publicAddress = address;
  }

  setAddressState(state: AddressState): void {
    this.#addressState = state;
    if (state === "inactive") this.#addressFailure = null;
  }

  lookedUp(result: LookUpResult): void {
    this.#addressFailure = result.kind === "success" ? null : failureText(result);
  }

  /**
   * @param share the part of the flows that it carries, 0 to 1; undefined when it is no nexthop
   * @param hasDdns whether the public address is used
   */
  view(share: number | undefined, hasDdns: boolean): Gateway {
    const now = this.#clock.steady();
    const hold = this.#heldUntil - now;
    const state = this.#addressState;
    const address = state === "known" || state === "kept" ? this.#publicAddress : null;
    return {
      address: this.#address,
      state: this.#state,
      since: this.#since.view(),
      failuresInRow: this.#failuresInRow,
      lastFailure: this.#failure === undefined ? null : { why: this.#failure, at: this.#failedAt.view() },
      leftOut: this.#leftOut,
      held: hold > 0 ? { losses: this.#losses, remainingSeconds: rounded(hold / 1000, 3) } : null,
      kept: this.#kept,
      carriesTraffic: share !== undefined,
      share: share ?? 0,
      latency: this.#latencies.view(),
      flaps: { lastHour: this.#downsLately.total(now), sinceStart: this.#downs },
      publicAddress: hasDdns ? { address, state, why: this.#addressFailure } : null,
      history: this.#history.view(now),
    };
  }
}
