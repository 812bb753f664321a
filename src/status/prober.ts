import type { Quality } from "../pool/quality.ts";
import type { QualityFault } from "../pool/quality-triggers.ts";
import type { ProbeResult } from "../probe/probe.ts";
import type { Clock } from "../time/clock.ts";
import type { Prober } from "./schema.ts";
import { rounded, Timestamp } from "./timestamp.ts";

/** What one of the probers of a pool sees of a gateway. It never grows, and a probe makes no objects. */
export class ProberModel {
  readonly #name: string;
  readonly #namesItself: boolean;
  readonly #since: Timestamp;
  readonly #failedAt: Timestamp;
  #state: Prober["state"] = "unknown";
  #failuresInRow = 0;
  #failure: string | undefined;
  #quality: Quality | undefined;
  #fault: string | undefined;

  /** @param namesItself whether the details of its results begin with its name */
  constructor(name: string, namesItself: boolean, clock: Clock) {
    this.#name = name;
    this.#namesItself = namesItself;
    this.#since = new Timestamp(clock);
    this.#failedAt = new Timestamp(clock);
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  /** The reason of its last failure, with its name. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The share of lost probes when it was last measured. */
  get loss(): number | undefined {
    return this.#quality?.loss;
  }

  probed(result: ProbeResult, failuresInRow: number): void {
    this.#failuresInRow = failuresInRow;
    if (result.kind === "success") return;
    this.#failure = this.#namesItself ? result.detail : `${this.#name}: ${result.detail}`;
    this.#failedAt.set();
  }

  turned(state: "up" | "down"): void {
    if (state !== this.#state) this.#since.set();
    this.#state = state;
  }

  measured(quality: Quality, fault: QualityFault | undefined): void {
    this.#quality = quality;
    this.#fault = fault && `${this.#name}: ${fault.detail}`;
  }

  view(): Prober {
    const failure = this.#failure;
    return {
      name: this.#name,
      state: this.#state,
      since: this.#since.view(),
      failuresInRow: this.#failuresInRow,
      lastFailure: failure === undefined ? null : { why: failure, at: this.#failedAt.view() },
      down: this.#state === "down" ? this.#reason() : null,
      quality: this.#quality ? viewQuality(this.#quality) : null,
    };
  }

  #reason(): string {
    const failure = this.#failuresInRow > 0 || this.#fault === undefined ? this.#failure : undefined;
    return [failure, this.#fault].filter((one) => one !== undefined).join("; ");
  }
}

function viewQuality({ probes, loss, median }: Quality): Prober["quality"] {
  return { probes, loss: rounded(loss, 4), medianSeconds: median === undefined ? null : rounded(median, 6) };
}
