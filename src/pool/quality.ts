import type { Answers } from "../probe/round.ts";

/** How well a gateway passes probes. */
export interface Quality {
  /** Probes in the window; those that this machine could not send are not among them. */
  readonly probes: number;
  readonly answered: number;
  /** The share of the probes that failed, from 0 to 1; 0 without probes. */
  readonly loss: number;
  /** Seconds that half of the answers took at most; undefined without answers. */
  readonly median: number | undefined;
  /** The same for nine tenths of them. */
  readonly p90: number | undefined;
}

interface Sample {
  readonly target: string;
  /** Milliseconds of the clock that the caller uses. */
  readonly at: number;
  /** Undefined for a failure. */
  readonly seconds: number | undefined;
}

/** How far a window reaches back where nothing else is asked for. */
const WINDOW_MS = 60_000;

/** So many rounds fit into that time with the usual period. Triggers need ten probes for a verdict. */
const LEAST_ROUNDS = 12;

/** How far a window of rounds with this period reaches back, all in milliseconds. */
export function windowOf(period: number): number {
  return Math.max(WINDOW_MS, LEAST_ROUNDS * period);
}

/** One minute at ten probes a second: more would only cost memory. */
const MOST_SAMPLES = 600;

/** The probes of one gateway by one prober within the last time. It never grows beyond a number of samples. */
export class QualityWindow {
  readonly #length: number;
  #samples: Sample[] = [];

  /** @param length milliseconds */
  constructor(length: number = WINDOW_MS) {
    this.#length = length;
  }

  /**
   * Takes in what each target answered; one that was asked again has lost the first probe.
   *
   * @param atFault targets that are at fault themselves: also what they said before is forgotten
   */
  add(answers: Answers, atFault: ReadonlySet<string>, now: number): void {
    for (const [target, result] of answers) {
      if (result.kind === "failure" && result.code === "exhausted") continue;
      const lost = { target, at: now, seconds: undefined };
      if (result.again) this.#samples.push(lost);
      this.#samples.push(result.kind === "success" ? { ...lost, seconds: result.seconds } : lost);
    }
    if (atFault.size > 0) this.#samples = this.#samples.filter(({ target }) => !atFault.has(target));
    const excess = Math.max(this.#samples.length - MOST_SAMPLES, 0);
    const current = this.#samples.findIndex(({ at }, index) => index >= excess && at > now - this.#length);
    this.#samples.splice(0, current < 0 ? this.#samples.length : current);
  }

  quality(now: number): Quality {
    const samples = this.#samples.filter(({ at }) => at > now - this.#length);
    const times = samples.flatMap(({ seconds }) => seconds ?? []).sort((one, other) => one - other);
    return {
      probes: samples.length,
      answered: times.length,
      loss: samples.length === 0 ? 0 : (samples.length - times.length) / samples.length,
      median: quantile(times, 0.5),
      p90: quantile(times, 0.9),
    };
  }
}

/** The least of the sorted values that the share of them does not exceed. */
function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
