import type { EmitPool } from "./events.ts";
import type { Quality } from "./quality.ts";
import type { QualityFault } from "./quality-triggers.ts";

export interface QualityReportsOptions {
  readonly prober: string;
  readonly qualityOf: (gateway: string) => Quality;
  readonly emit: EmitPool;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
}

/** A quality sorts a minute of answers, so it is not worked out for each round. Below 5 s, the usual time of a round. */
const PAUSE_MS = 4000;

/** Reports the quality of the gateways after some rounds of a prober, and after each that begins or ends a fault. */
export class QualityReports {
  readonly #options: QualityReportsOptions;
  readonly #last = new Map<string, { readonly at: number; readonly code: QualityFault["code"] | undefined }>();

  constructor(options: QualityReportsOptions) {
    this.#options = options;
  }

  /** A round through the gateway has ended; its fault by loss or latency is this one from now on. */
  roundEnded(gateway: string, fault: QualityFault | undefined): void {
    const { prober, qualityOf, emit, now } = this.#options;
    const [last, at] = [this.#last.get(gateway), now()];
    if (last && last.code === fault?.code && at - last.at < PAUSE_MS) return;
    this.#last.set(gateway, { at, code: fault?.code });
    emit({ type: "quality", gateway, prober, quality: qualityOf(gateway), fault });
  }
}
