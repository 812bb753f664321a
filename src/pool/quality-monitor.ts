import type { Answers } from "../probe/round.ts";
import { type Quality, QualityWindow } from "./quality.ts";
import { type QualityFault, qualityFaults, type QualityTriggers } from "./quality-triggers.ts";

export interface QualityMonitorOptions {
  readonly gateways: readonly string[];
  readonly triggers: QualityTriggers;
  /** Milliseconds that the windows reach back. */
  readonly window?: number;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** That of the same prober with other gateways; what it knows of those that stay remains. */
  readonly former?: QualityMonitor | undefined;
}

/** How well each gateway passes the probes of one prober, and which of them are down for that. */
export class QualityMonitor {
  readonly #options: QualityMonitorOptions;
  readonly #windows: ReadonlyMap<string, QualityWindow>;
  readonly #faults: Map<string, readonly QualityFault[]>;

  constructor(options: QualityMonitorOptions) {
    this.#options = options;
    const { gateways, window, former } = options;
    const known = former ? former.#windows : new Map<string, QualityWindow>();
    const windowOf = (gateway: string) => known.get(gateway) ?? new QualityWindow(window);
    this.#windows = new Map(gateways.map((gateway) => [gateway, windowOf(gateway)]));
    this.#faults = new Map(former ? [...former.#faults].filter(([gateway]) => this.#windows.has(gateway)) : []);
  }

  /**
   * Takes in what the targets of one round answered.
   *
   * @param atFault targets that are at fault themselves
   * @returns the fault of the gateway from now on
   */
  record(gateway: string, answers: Answers, atFault: ReadonlySet<string>): QualityFault | undefined {
    const { triggers, now } = this.#options;
    this.#windows.get(gateway)!.add(answers, atFault, now());
    if (!triggers.maxLoss && !triggers.maxLatency) return undefined;
    const faults = qualityFaults(this.#faults.get(gateway) ?? [], this.quality(gateway), triggers);
    this.#faults.set(gateway, faults);
    return faults[0];
  }

  quality(gateway: string): Quality {
    return this.#windows.get(gateway)!.quality(this.#options.now());
  }
}
