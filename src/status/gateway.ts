import type { Quality } from "../pool/quality.ts";
import type { QualityFault } from "../pool/quality-triggers.ts";
import type { ProbeResult } from "../probe/probe.ts";
import type { Clock } from "../time/clock.ts";
import { Timestamp } from "./timestamp.ts";
import { History } from "./history.ts";
import { HourlyCounter } from "./hourly-counter.ts";
import { Latencies } from "./latencies.ts";
import type { ProberModel } from "./prober.ts";
import type { Gateway } from "./schema.ts";

type State = Gateway["state"];

/** What is known of a gateway, whatever pools use it. */
export interface GatewayView {
  readonly seen: Pick<
    Gateway,
    "address" | "otherAddress" | "name" | "state" | "since" | "drained" | "failuresInRow" | "lastFailure"
  >;
  readonly measured: Pick<Gateway, "latency" | "probers" | "flaps">;
  readonly history: Gateway["history"];
}

/** What a reload may change of a gateway. */
interface GatewayIdentity {
  readonly name?: string | undefined;
  /** Its address of the other family. */
  readonly otherAddress?: string | undefined;
}

/** The health of one gateway by one of its addresses, whatever pools use it. It never grows, and a probe makes no objects. */
export class GatewayModel {
  readonly #address: string;
  #identity: GatewayIdentity;
  readonly #clock: Clock;
  readonly #latencies = new Latencies();
  readonly #slotMs: number;
  #history: History;
  readonly #downsLately: HourlyCounter;
  /** By name; empty where there is one without a name. The latency is that of the first. */
  #probers: ReadonlyMap<string, ProberModel>;
  #first: string | undefined;
  readonly #since: Timestamp;
  readonly #failedAt: Timestamp;
  readonly #drainedAt: Timestamp;
  #state: State = "unknown";
  #downs = 0;
  #failuresInRow = 0;
  #failure: string | undefined;
  #drainedBy: NonNullable<Gateway["drained"]>["by"] | undefined;
  /** That of the newest look-up which has found it. */
  publicAddress: string | null = null;

  /**
   * @param slotMs length of a slot of the history, in milliseconds
   * @param probers by name, where targets beyond the gateway are probed
   */
  constructor(
    address: string,
    slotMs: number,
    clock: Clock,
    probers: ReadonlyMap<string, ProberModel> = new Map(),
    identity: GatewayIdentity = {},
  ) {
    const start = clock.steady();
    this.#address = address;
    this.#identity = identity;
    this.#clock = clock;
    this.#slotMs = slotMs;
    this.#history = new History(slotMs, start, probers.size > 0);
    this.#probers = probers;
    [this.#first] = probers.keys();
    this.#downsLately = new HourlyCounter(start);
    this.#since = new Timestamp(clock);
    this.#failedAt = new Timestamp(clock);
    this.#drainedAt = new Timestamp(clock);
  }

  /** From now on it is of this gateway and has these probers, of which those that stay are known. */
  reload(
    identity: GatewayIdentity,
    probersOf: (known: ReadonlyMap<string, ProberModel>) => Map<string, ProberModel>,
  ): void {
    const probers = probersOf(this.#probers);
    const isOther = probers.size > 0 !== this.#probers.size > 0;
    if (isOther) this.#history = new History(this.#slotMs, this.#clock.steady(), probers.size > 0);
    this.#identity = identity;
    this.#probers = probers;
    [this.#first] = probers.keys();
  }

  /** That of the same gateway in the other family, if it has one. */
  get otherAddress(): string | undefined {
    return this.#identity.otherAddress;
  }

  get state(): State {
    return this.#state;
  }

  /** @param prober which of several it was */
  probed(result: ProbeResult, failuresInRow: number, prober: string | undefined = this.#first): void {
    const now = this.#clock.steady();
    const seconds = result.kind === "success" ? result.seconds : Number.NaN;
    const named = prober === undefined ? undefined : this.#probers.get(prober);
    named?.probed(result, failuresInRow);
    this.#failuresInRow = named ? this.#mostFailuresInRow() : failuresInRow;
    if (prober === this.#first) this.#latencies.add(seconds);
    if (prober === this.#first || result.kind === "failure") this.#history.addProbe(now, seconds);
    if (this.#state !== "unknown") this.#history.setState(now, this.#state === "up");
    if (result.kind === "success") return;
    this.#failure = named?.failure ?? result.detail;
    this.#failedAt.set();
  }

  /** It carries traffic since an earlier run: each prober counts it as up. */
  adopted(): void {
    this.turned("up");
    for (const prober of this.#probers.values()) prober.turned("up");
  }

  /** One of several probers sees it like this. */
  seen(prober: string, state: "up" | "down"): void {
    this.#probers.get(prober)?.turned(state);
  }

  measured(prober: string, quality: Quality, fault: QualityFault | undefined): void {
    this.#probers.get(prober)?.measured(quality, fault);
    const losses = [...this.#probers.values()].map(({ loss = 0 }) => loss);
    this.#history.setLoss(this.#clock.steady(), Math.max(...losses));
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
    if (this.#probers.size === 1) this.seen(this.#first!, state);
  }

  /**
   * It is taken out for maintenance.
   *
   * @param since when a command did that, by the wall clock; undefined where the configuration does
   */
  drain(since: number | undefined): void {
    this.#drainedBy = since === undefined ? "configuration" : "command";
    if (since === undefined) this.#drainedAt.set();
    else this.#drainedAt.setTo(since);
  }

  get isDrained(): boolean {
    return this.#drainedBy !== undefined;
  }

  undrain(): void {
    this.#drainedBy = undefined;
  }

  /** What is known of it, in the order in which a status has it. */
  view(): GatewayView {
    const now = this.#clock.steady();
    const { name, otherAddress } = this.#identity;
    return {
      seen: {
        address: this.#address,
        ...(otherAddress !== undefined && { otherAddress }),
        ...(name !== undefined && { name }),
        state: this.#state,
        since: this.#since.view(),
        ...(this.#drainedBy && { drained: { by: this.#drainedBy, since: this.#drainedAt.view() } }),
        failuresInRow: this.#failuresInRow,
        lastFailure: this.#failure === undefined ? null : { why: this.#failure, at: this.#failedAt.view() },
      },
      measured: {
        latency: this.#latencies.view(),
        ...(this.#probers.size > 0 && { probers: [...this.#probers.values()].map((prober) => prober.view()) }),
        flaps: { lastHour: this.#downsLately.total(now), sinceStart: this.#downs },
      },
      history: this.#history.view(now),
    };
  }

  #mostFailuresInRow(): number {
    let most = 0;
    for (const { failuresInRow } of this.#probers.values()) most = Math.max(most, failuresInRow);
    return most;
  }
}
