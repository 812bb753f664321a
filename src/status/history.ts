import { rounded } from "./timestamp.ts";
import { SlotRing } from "./slot-ring.ts";
import type { Gateway } from "./schema.ts";

const SLOTS = 60;

/** Shorter slots would show only noise. */
const MIN_SLOT_MS = 5000;

const UNKNOWN = 0;
const DOWN = 1;
const UP = 2;

/** Milliseconds of a slot: the least number of whole check periods that is long enough. */
export function slotLength(checkPeriod: number): number {
  return checkPeriod * Math.ceil(MIN_SLOT_MS / checkPeriod);
}

/** The recent past of one gateway, for a chart. */
export class History {
  readonly #states = new Uint8Array(SLOTS);
  readonly #answered = new Uint32Array(SLOTS);
  readonly #failed = new Uint32Array(SLOTS);
  readonly #seconds = new Float32Array(SLOTS);
  /** NaN where none was measured; undefined where none is measured at all. */
  readonly #loss: Float32Array | undefined;
  readonly #ring: SlotRing;

  /**
   * @param start now, in milliseconds of a steady clock like all times here
   * @param hasLoss whether loss is measured
   */
  constructor(length: number, start: number, hasLoss = false) {
    this.#loss = hasLoss ? new Float32Array(SLOTS).fill(Number.NaN) : undefined;
    this.#ring = new SlotRing(SLOTS, length, start, (index) => {
      this.#states[index] = UNKNOWN;
      this.#answered[index] = 0;
      this.#failed[index] = 0;
      this.#seconds[index] = 0;
      this.#loss?.fill(Number.NaN, index, index + 1);
    });
  }

  /** @param seconds NaN for a failed probe */
  addProbe(now: number, seconds: number): void {
    const index = this.#ring.at(now);
    if (Number.isNaN(seconds)) {
      this.#failed[index]!++;
    } else {
      this.#answered[index]!++;
      this.#seconds[index]! += seconds;
    }
  }

  setState(now: number, up: boolean): void {
    this.#states[this.#ring.at(now)] = up ? UP : DOWN;
  }

  setLoss(now: number, share: number): void {
    this.#loss![this.#ring.at(now)] = share;
  }

  view(now: number): Gateway["history"] {
    const order = this.#ring.order(now);
    const loss = this.#loss && { loss: lastKnown(order.map((index) => this.#loss![index]!)) };
    return {
      ...loss,
      up: order.map((index) => (this.#states[index] === UNKNOWN ? null : this.#states[index] === UP)),
      answered: order.map((index) => this.#answered[index]!),
      failed: order.map((index) => this.#failed[index]!),
      latencySeconds: order.map((index) => {
        const answered = this.#answered[index]!;
        return answered === 0 ? null : rounded(this.#seconds[index]! / answered, 6);
      }),
    };
  }
}

/** Values rounded, with the one before in place of each that is NaN, as it is not measured in each slot. */
function lastKnown(values: readonly number[]): (number | null)[] {
  let last: number | null = null;
  return values.map((value) => (last = Number.isNaN(value) ? last : rounded(value, 4)));
}
