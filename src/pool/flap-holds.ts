import type { Hold } from "./events.ts";
import { afterLoss, afterRelease, afterReturn, type Flapping, isHeld, STEADY, withoutLoss } from "./flap-hold.ts";

/** Which gateways are held because they flap. All times are milliseconds of a clock that never jumps. */
export class FlapHolds {
  #shortest: number;
  readonly #flapping = new Map<string, Flapping>();
  /** As it would be without the last loss. */
  readonly #pardons = new Map<string, Flapping>();
  /** The ends of the holds that were reported. */
  readonly #reportedEnds = new Map<string, number>();

  /** @param shortest the first hold; 0 never holds a gateway */
  constructor(shortest: number) {
    this.#shortest = shortest;
  }

  /** From now on the first hold is so long, and only these gateways are remembered. Holds that have begun stay as they are. */
  reload(shortest: number, gateways: readonly string[]): void {
    this.#shortest = shortest;
    for (const memory of [this.#flapping, this.#pardons, this.#reportedEnds]) {
      for (const gateway of memory.keys()) if (shortest === 0 || !gateways.includes(gateway)) memory.delete(gateway);
    }
  }

  /** A gateway that was in use, or could have been, was lost. */
  lost(gateway: string, now: number): void {
    if (this.#shortest === 0) return;
    const before = this.#of(gateway);
    this.#pardons.set(gateway, withoutLoss(before, this.#shortest, now));
    this.#flapping.set(gateway, afterLoss(before, this.#shortest, now));
  }

  /** A lost gateway could be used again. */
  returned(gateway: string, now: number): void {
    const before = this.#flapping.get(gateway);
    if (before) this.#flapping.set(gateway, afterReturn(before, now));
  }

  /** The last losses of these gateways were not their fault. */
  pardon(gateways: readonly string[]): void {
    for (const gateway of gateways) {
      const pardon = this.#pardons.get(gateway);
      if (pardon) this.#flapping.set(gateway, pardon);
    }
  }

  /** Ends the holds of these gateways at once. */
  release(gateways: readonly string[], now: number): void {
    for (const gateway of gateways) this.#flapping.set(gateway, afterRelease(this.#of(gateway), now));
  }

  /** Those of the gateways that are held now, with the end of each hold. */
  among(gateways: Iterable<string>, now: number): Map<string, number> {
    const held = [...gateways].filter((gateway) => isHeld(this.#of(gateway), now));
    return new Map(held.map((gateway) => [gateway, this.#of(gateway).heldUntil]));
  }

  /** The hold of a gateway; undefined where it is not held. */
  holdOf(gateway: string, now: number): Hold | undefined {
    const flapping = this.#of(gateway);
    return isHeld(flapping, now) ? { losses: flapping.losses, waitMs: flapping.heldUntil - now } : undefined;
  }

  /** Whether a gateway is held, and that was reported. */
  isReported(gateway: string, now: number): boolean {
    const flapping = this.#of(gateway);
    return isHeld(flapping, now) && this.#reportedEnds.get(gateway) === flapping.heldUntil;
  }

  /** What there is to report of a gateway that is held; undefined when this hold has been reported. */
  report(gateway: string, now: number): Hold | undefined {
    const { heldUntil, losses } = this.#of(gateway);
    if (this.#reportedEnds.get(gateway) === heldUntil) return undefined;
    this.#reportedEnds.set(gateway, heldUntil);
    return { waitMs: heldUntil - now, losses };
  }

  #of(gateway: string): Flapping {
    return this.#flapping.get(gateway) ?? STEADY;
  }
}
