import type { Ring } from "./ring.ts";

/** What there is to balance: a cell that one tier serves could be served by another one. */
interface Balance {
  /** The rings of the tiers in use. */
  readonly rings: ReadonlyMap<number, Ring>;
  /** The tier that serves each cell so far. */
  readonly tierAt: readonly number[];
  /** The gateway of each cell until now; undefined at a first start. */
  readonly earlier: readonly string[] | undefined;
  /** Those that carry the traffic. */
  readonly gateways: ReadonlySet<string>;
}

/** One cell that could go from one gateway to another. */
interface Step {
  readonly cell: number;
  readonly tier: number;
  readonly from: string;
  readonly to: string;
  /** How many cells the two gateways are apart from their parts. */
  readonly gain: number;
  /** How much of the same slots its new tier serves already, from 0 to 1. */
  readonly share: number;
}

/** A step with a gain of one only exchanges the two gateways. */
const LEAST_GAIN = 1;

/** Gains that differ by less are equal. */
const ROUNDING = 1e-9;

/**
 * The tier of each cell, so that each gateway has its part by weight as nearly as can be without moving other flows: only
 * cells of gateways that have gone are given to another tier, and any to gateways that have served none, up to their part.
 *
 * A tier gets cells of all slots alike, those of lost gateways among them, so that each one that returns finds its part.
 */
export function balanceTiers({ rings, tierAt: before, earlier, gateways }: Balance): number[] {
  const tierAt = [...before];
  const owners = new Map([...rings].map(([tier, ring]) => [tier, gatewaysOf(ring)]));
  const present = tierAt.map((tier, cell) => owners.get(tier)![cell]!);
  const served = new Set(earlier).intersection(new Set(present));
  const excess = excesses(rings, gateways, present);
  const shares = createShares(rings, tierAt);
  const mayGo = (cell: number, to: string): boolean =>
    earlier === undefined || !gateways.has(earlier[cell]!) || (!served.has(to) && excess.get(to)! < 0);
  for (;;) {
    let best: Step | undefined;
    for (const [tier, ring] of owners) {
      for (const [cell, to] of ring.entries()) {
        const own = tierAt[cell]!;
        if (own === tier || !mayGo(cell, to)) continue;
        const from = owners.get(own)![cell]!;
        const gain = excess.get(from)! - excess.get(to)!;
        if (gain < (best?.gain ?? LEAST_GAIN + 2 * ROUNDING) - ROUNDING) continue;
        const step = { cell, tier, from, to, gain, share: shares.of(cell, tier) };
        if (best === undefined || isBetter(step, best)) best = step;
      }
    }
    if (best === undefined) return tierAt;
    const { cell, tier, from, to } = best;
    shares.move(cell, tierAt[cell]!, tier);
    tierAt[cell] = tier;
    excess.set(from, excess.get(from)! - 1);
    excess.set(to, excess.get(to)! + 1);
  }
}

function isBetter(one: Step, other: Step): boolean {
  return one.gain > other.gain + ROUNDING || one.share < other.share;
}

/** The gateway of each cell of one ring. */
function gatewaysOf({ layout, owners }: Ring): string[] {
  return owners.map((owner) => layout.gateways[owner]!);
}

/** How many cells each gateway has beyond its part by weight, which is one at least. */
function excesses(
  rings: Balance["rings"],
  gateways: ReadonlySet<string>,
  present: readonly string[],
): Map<string, number> {
  const weights = [...rings.values()].flatMap(({ layout }) => {
    return layout.gateways.flatMap((gateway, index) => {
      return gateways.has(gateway) ? [[gateway, layout.weights[index]!] as const] : [];
    });
  });
  const whole = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const part = (weight: number): number => Math.max(1, (present.length * weight) / whole);
  const excess = new Map(weights.map(([gateway, weight]) => [gateway, -part(weight)]));
  for (const gateway of present) excess.set(gateway, excess.get(gateway)! + 1);
  return excess;
}

/** How much of the cells that are in the same slots of all rings each tier serves. */
function createShares(rings: Balance["rings"], tierAt: readonly number[]) {
  const slots = tierAt.map((_, cell) => [...rings.values()].map(({ layout }) => layout.homes[cell]).join());
  const sizes = new Map<string, number>();
  const counts = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, cells: number): unknown => to.set(key, (to.get(key) ?? 0) + cells);
  const keyOf = (cell: number, tier: number): string => `${slots[cell]} ${tier}`;
  tierAt.forEach((tier, cell) => {
    add(sizes, slots[cell]!, 1);
    add(counts, keyOf(cell, tier), 1);
  });
  return {
    of: (cell: number, tier: number): number => (counts.get(keyOf(cell, tier)) ?? 0) / sizes.get(slots[cell]!)!,
    move(cell: number, from: number, to: number): void {
      add(counts, keyOf(cell, from), -1);
      add(counts, keyOf(cell, to), 1);
    },
  };
}
