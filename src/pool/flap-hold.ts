/** What is remembered of a gateway's losses. All times are milliseconds of a clock that never jumps. */
export interface Flapping {
  /** Losses that are not forgiven yet. */
  readonly losses: number;
  /** Until then it is no nexthop, however healthy. */
  readonly heldUntil: number;
  /** Since when it has been in use without a loss; what came before earns no forgiveness. */
  readonly quietSince: number;
}

/** A gateway that has never been lost. */
export const STEADY: Flapping = { losses: 0, heldUntil: -Infinity, quietSince: -Infinity };

/** The hold doubles with each loss up to 64 times its first length. */
const MOST_DOUBLINGS = 6;
export const MOST_LOSSES = MOST_DOUBLINGS + 2;

/** Longest hold, in milliseconds: by then a person has to find the cause. */
export const LONGEST_HOLD_MS = 3_600_000;

/**
 * How long a loss holds a gateway. The first is an accident and costs nothing.
 *
 * @param losses that are remembered, this one among them
 * @param shortest what the second one costs
 */
export function holdAfter(losses: number, shortest: number): number {
  if (losses < 2) return 0;
  return Math.min(shortest * 2 ** Math.min(losses - 2, MOST_DOUBLINGS), LONGEST_HOLD_MS);
}

/**
 * Losses that are remembered after a time in use without one. Each is forgiven for a time as long as the hold that the
 * next one would bring, so a gateway that flaps more slowly than it is held is never held.
 */
export function rememberedLosses({ losses, quietSince }: Flapping, shortest: number, now: number): number {
  let left = losses;
  let quiet = now - quietSince;
  while (left > 0 && quiet >= holdAfter(left + 1, shortest)) {
    quiet -= holdAfter(left + 1, shortest);
    left--;
  }
  return left;
}

/** A loss. One during a hold cost no connection and changes nothing: a hold is as long as was reported. */
export function afterLoss(flapping: Flapping, shortest: number, now: number): Flapping {
  if (isHeld(flapping, now)) return flapping;
  const losses = Math.min(rememberedLosses(flapping, shortest, now) + 1, MOST_LOSSES);
  return { losses, heldUntil: now + holdAfter(losses, shortest), quietSince: now };
}

/** As if a loss had not been: it was no fault of the gateway's. */
export function withoutLoss(before: Flapping, shortest: number, now: number): Flapping {
  return { ...before, losses: rememberedLosses(before, shortest, now), quietSince: now };
}

/** It is healthy again. */
export function afterReturn(flapping: Flapping, now: number): Flapping {
  return { ...flapping, quietSince: Math.max(now, flapping.heldUntil) };
}

/** It is needed and its hold ends at once. Its losses are remembered all the same. */
export function afterRelease(flapping: Flapping, now: number): Flapping {
  return { ...flapping, heldUntil: now, quietSince: now };
}

export function isHeld({ heldUntil }: Flapping, now: number): boolean {
  return now < heldUntil;
}

/**
 * Which holds have to end, so that holding never leaves too few gateways: those that would end first.
 *
 * @param held healthy gateways that are held, with the end of each hold
 * @param missing how many healthy gateways are needed beside those that are free
 */
export function endEarly(held: ReadonlyMap<string, number>, missing: number): string[] {
  const byEnd = [...held].sort(([, one], [, other]) => one - other);
  return byEnd.slice(0, Math.max(0, missing)).map(([gateway]) => gateway);
}
