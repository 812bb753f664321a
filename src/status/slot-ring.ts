/** Finds the current slot in a ring of time slots of equal length. Slots are emptied when their time begins anew. */
export class SlotRing {
  readonly #count: number;
  readonly #length: number;
  readonly #start: number;
  readonly #empty: (index: number) => void;
  #newest = 0;

  /**
   * @param length milliseconds
   * @param start the time at which the first slot begins, in milliseconds of a steady clock
   * @param empty called with the index of a slot that is to be emptied
   */
  constructor(count: number, length: number, start: number, empty: (index: number) => void) {
    this.#count = count;
    this.#length = length;
    this.#start = start;
    this.#empty = empty;
  }

  /** The index of the slot at this time. */
  at(now: number): number {
    const slot = Math.floor((now - this.#start) / this.#length);
    const passed = Math.min(slot - this.#newest, this.#count);
    for (let back = 0; back < passed; back++) this.#empty((slot - back) % this.#count);
    this.#newest = Math.max(slot, this.#newest);
    return this.#newest % this.#count;
  }

  /** The indexes of all slots, the oldest first. */
  order(now: number): number[] {
    const newest = this.at(now);
    return Array.from({ length: this.#count }, (_, index) => (newest + 1 + index) % this.#count);
  }
}
