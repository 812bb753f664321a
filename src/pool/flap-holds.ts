import {
  afterLoss,
  afterRelease,
  afterReturn,
  endEarly,
  type Flapping,
  isHeld,
  STEADY,
  withoutLoss,
} from "./flap-hold.ts";

/** Which gateways are held. All times are milliseconds of a clock that never jumps. */
export class Holds {
  readonly #shortest: number;
  readonly #flapping = new Map<string, Flapping>();
  /** As it would be without the last loss. */
  readonly #pardons = new Map<string, Flapping>();
  /** The ends of the holds that were told. */
  readonly #toldEnds = new Map<string, number>();

  /** @param shortest the first hold; 0 never holds a gateway */
  constructor(shortest: number) {
    this.#shortest = shortest;
  }

  lost(gateway: string, now: number): void {
    if (this.#shortest === 0) return;
    const before = this.#of(gateway);
    this.#pardons.set(gateway, withoutLoss(before, this.#shortest, now));
    this.#flapping.set(gateway, afterLoss(before, this.#shortest, now));
  }

  returned(gateway: string, now: number): void {
    const before = this.#flapping.get(gateway);
    if (before) this.#flapping.set(gateway, afterReturn(before, now));
  }

  /** The last losses of these gateways were no fault of theirs. */
  pardon(gateways: readonly string[]): void {
    for (const gateway of gateways) {
      const pardon = this.#pardons.get(gateway);
      if (pardon) this.#flapping.set(gateway, pardon);
    }
  }

  /** Those of the gateways that are held now. */
  among(gateways: readonly string[], now: number): string[] {
    return gateways.filter((gateway) => isHeld(this.#of(gateway), now));
  }

  /** Ends holds of these gateways, those first that would end first, until so many of them are free; returns the freed. */
  free(gateways: readonly string[], least: number, now: number): string[] {
    const held = this.among(gateways, now);
    const ends = new Map(held.map((gateway) => [gateway, this.#of(gateway).heldUntil]));
    const freed = endEarly(ends, least - (gateways.length - held.length));
    for (const gateway of freed) this.#flapping.set(gateway, afterRelease(this.#of(gateway), now));
    return freed;
  }

  /** What there is to tell of a gateway that is held. Each hold is told once. */
  news(gateway: string, now: number): { readonly waitMs: number; readonly losses: number } | undefined {
    const { heldUntil, losses } = this.#of(gateway);
    if (this.#toldEnds.get(gateway) === heldUntil) return undefined;
    this.#toldEnds.set(gateway, heldUntil);
    return { waitMs: heldUntil - now, losses };
  }

  /** When the first of these holds ends; Infinity without any. */
  nextEnd(held: readonly string[]): number {
    return Math.min(...held.map((gateway) => this.#of(gateway).heldUntil));
  }

  #of(gateway: string): Flapping {
    return this.#flapping.get(gateway) ?? STEADY;
  }
}
