import { SlotRing } from "./slot-ring.ts";

const MINUTES = 60;
const MINUTE_MS = 60_000;

/** Counts events of the last hour, to the minute: of the current minute and the 59 before it. */
export class HourlyCounter {
  readonly #counts = new Uint32Array(MINUTES);
  readonly #ring: SlotRing;

  /** @param start now, in milliseconds of a steady clock like all times here */
  constructor(start: number) {
    this.#ring = new SlotRing(MINUTES, MINUTE_MS, start, (index) => (this.#counts[index] = 0));
  }

  add(now: number): void {
    this.#counts[this.#ring.at(now)]!++;
  }

  total(now: number): number {
    this.#ring.at(now);
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }
}
