import { rounded } from "./timestamp.ts";
import type { Gateway } from "./schema.ts";

/** Probes that are remembered: two minutes at one a second. */
export const REMEMBERED_PROBES = 120;

/** The times of the last probes. A failed one has no time, but replaces an older one as well. */
export class Latencies {
  readonly #seconds = new Float32Array(REMEMBERED_PROBES);
  #next = 0;
  #filled = 0;

  /** @param seconds NaN for a failed probe */
  add(seconds: number): void {
    this.#seconds[this.#next] = seconds;
    this.#next = (this.#next + 1) % REMEMBERED_PROBES;
    if (this.#filled < REMEMBERED_PROBES) this.#filled++;
  }

  view(): Gateway["latency"] {
    const answered = this.#seconds.slice(0, this.#filled).filter((seconds) => !Number.isNaN(seconds));
    answered.sort();
    return {
      p50: percentile(answered, 50),
      p95: percentile(answered, 95),
      probes: this.#filled,
      answered: answered.length,
    };
  }
}

/**
 * The least of the values that at least so many percent of them do not exceed (the nearest-rank method).
 *
 * @param sorted ascending, in seconds
 * @returns seconds to the microsecond; null without values
 */
export function percentile(sorted: Float32Array, percent: number): number | null {
  if (sorted.length === 0) return null;
  const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100));
  return rounded(sorted[rank - 1]!, 6);
}
