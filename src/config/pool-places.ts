import type { Selectors } from "../routing/selectors.ts";
import { orderOf } from "./pool-order.ts";

/** What a pool says of its place. */
export interface PlaceWish {
  readonly name?: string;
  readonly selectors: Selectors;
  /** Given by a key of the pool, over which nothing wins. */
  readonly table?: number | undefined;
  readonly preference?: number | undefined;
}

/** The table of a pool, and the first preference of its rules. */
export interface Place {
  readonly table: number;
  readonly preference: number;
}

/** Finds the places of pools, of which the first one has this one. */
export type PlacePools = (pools: readonly PlaceWish[], first: Place) => Place[];

/** From the first preference of one pool to that of the next one. A pool needs half of it, so another one fits between. */
export const PREFERENCE_STEP = 8;
const HALF_STEP = PREFERENCE_STEP / 2;

/**
 * The places of pools. Tables follow each other in the order of the file, so that a pool that is added at its end moves no
 * other one. Preferences follow each other in the order in which the pools are asked. Where pools run already, each keeps
 * its place while that order allows it.
 *
 * @param first that of the first pool
 * @param running the places of pools that run, by their names
 */
export function assignPlaces(
  pools: readonly PlaceWish[],
  first: Place,
  running: ReadonlyMap<string, Place> = new Map(),
): Place[] {
  const kept = (pool: PlaceWish): Place | undefined => (pool.name === undefined ? undefined : running.get(pool.name));
  const tables = tablesOf(pools, first.table, kept);
  const order = orderOf(pools.map(({ selectors }) => selectors));
  const sorted = order.map((index) => pools[index]!);
  const fixed = sorted.map((pool) => pool.preference ?? kept(pool)?.preference);
  const preferences =
    fillGaps(fixed, first.preference) ??
    sorted.map((pool, rank) => pool.preference ?? first.preference + PREFERENCE_STEP * rank);
  return pools.map((_, index) => ({ table: tables[index]!, preference: preferences[order.indexOf(index)]! }));
}

function tablesOf(pools: readonly PlaceWish[], first: number, kept: (pool: PlaceWish) => Place | undefined): number[] {
  const fixed = pools.map((pool) => pool.table ?? kept(pool)?.table);
  const taken = new Set(fixed.filter((table) => table !== undefined));
  const isRunning = pools.some(kept);
  return fixed.map((table, index) => {
    if (table !== undefined) return table;
    let free = first + index;
    while (isRunning && taken.has(free)) free++;
    taken.add(free);
    return free;
  });
}

/** Preferences that ascend, some of which are fixed; undefined where there is no room. */
function fillGaps(fixed: readonly (number | undefined)[], first: number): number[] | undefined {
  const filled: number[] = [];
  for (const [index, preference] of fixed.entries()) {
    const before = filled.at(-1);
    const next = fixed.slice(index + 1).find((one) => one !== undefined);
    const least = before === undefined ? first : before + HALF_STEP;
    const wanted = preference ?? placeBetween(before, next, first);
    if (wanted === undefined || (before !== undefined && wanted < least)) return undefined;
    filled.push(wanted);
  }
  return filled;
}

function placeBetween(before: number | undefined, next: number | undefined, first: number): number | undefined {
  const candidates =
    before === undefined
      ? [first, ...(next === undefined ? [] : [next - PREFERENCE_STEP])]
      : [before + PREFERENCE_STEP, before + HALF_STEP];
  return candidates.find((one) => one >= 1 && (next === undefined || one + HALF_STEP <= next));
}
