import type { Clock } from "../time/clock.ts";
import type { Moment } from "./schema.ts";

/** A moment by both clocks. It is overwritten in place, so that an event makes no objects. */
export class Timestamp {
  readonly #clock: Clock;
  #steady = 0;
  #wall = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.set();
  }

  /** Sets it to now. */
  set(): void {
    this.#steady = this.#clock.steady();
    this.#wall = this.#clock.wall();
  }

  /** Sets it to an earlier time of the wall clock, perhaps of an earlier run. */
  setTo(wall: number): void {
    this.#wall = wall;
    this.#steady = this.#clock.steady() - Math.max(0, this.#clock.wall() - wall);
  }

  /** Its time, and its age now. */
  view(): Moment {
    const age = Math.max(0, this.#clock.steady() - this.#steady);
    return { time: this.#clock.format(this.#wall), ageSeconds: rounded(age / 1000, 3) };
  }
}

/** A number, rounded to so many digits behind the point. */
export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** The first of some moments, of which there is one at least; null where one of them has not come yet. */
export function earliest(all: readonly (Moment | null)[]): Moment | null {
  return all.reduce((one, other) => (one && other ? (one.ageSeconds > other.ageSeconds ? one : other) : null));
}
