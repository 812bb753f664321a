import type { Clock } from "../time/clock.ts";
import type { Moment } from "./schema.ts";

/** A moment by both clocks. Kept as numbers that are written over, so that nothing is made for each event. */
export class Timestamp {
  readonly #clock: Clock;
  #steady = 0;
  #wall = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.set();
  }

  /** It is now. */
  set(): void {
    this.#steady = this.#clock.steady();
    this.#wall = this.#clock.wall();
  }

  /** How it is told now. */
  view(): Moment {
    const age = Math.max(0, this.#clock.steady() - this.#steady);
    return { time: this.#clock.format(this.#wall), ageSeconds: rounded(age / 1000, 3) };
  }
}

/** A number without the digits that nobody measured. */
export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
