import type { NextHop } from "./types.ts";

/**
 * Slots: how flows stay on their gateway while others leave and return.
 *
 * The kernel maps a flow's hash to a place on a ring that the nexthops of a route share out by weight, in their order.
 * Adding or removing a nexthop shifts every later boundary and moves flows between gateways that are fine. So the ring
 * is cut once into equal cells, a fixed set of cells (the slot) belongs to each gateway, as many as its weight asks for,
 * and only who serves a cell ever changes:
 *
 *   all healthy   111 222 333 444          1 2 3 4, one weight each
 *   3 leaves      111 222 124 444          its cells go to the others, by their weights; no other cell moves
 *   3 returns     111 222 333 444          it takes its own slot back; no other cell moves
 */
export interface Layout {
  /** The gateways in the order of their slots. */
  readonly gateways: readonly string[];
  /** The weight of each. */
  readonly weights: readonly number[];
  /** In whose slot each cell is. */
  readonly homes: Owners;
}

/** Who serves each cell of the ring, as the index of a gateway. */
export type Owners = readonly number[];

/** The same where some cells have no gateway. */
export type PartialOwners = readonly (number | undefined)[];

/**
 * More cells make longer routes. The batch parser of `ip` takes 511 words a line, and a nexthop is five or seven: a route
 * of a hundred nexthops or more needs a run of `ip` by itself.
 */
export const MOST_CELLS = 160;

/** 12 cells divide evenly among 1, 2, 3, 4, 6 and 12 survivors. */
const FINEST = 12;

/**
 * The ring whose slots are runs of cells, in the order of the gateways. Without weights all have the same.
 *
 * @param most how many cells there may be, if there are not more gateways
 */
export function layoutOf(
  gateways: readonly string[],
  weights: readonly number[] = gateways.map(() => 1),
  most = MOST_CELLS,
): Layout {
  const parts = partsOf(weights);
  const cells = parts > most ? Math.max(most, gateways.length) : finestMultiple(parts, parts, most);
  return cutInto(cells, gateways, weights);
}

/** So many cells, a run of them for each gateway. */
export function cutInto(cells: number, gateways: readonly string[], weights: readonly number[]): Layout {
  const homes = apportion(cells, weights).flatMap((count, home) => Array<number>(count).fill(home));
  return { gateways, weights, homes };
}

/** In how many equal parts the weights cut the ring. */
export function partsOf(weights: readonly number[]): number {
  return sum(weights) / weights.reduce(gcd, 0);
}

/** The most cells that are a multiple of this number, as far as the parts of the ring are not cut too finely. */
export function finestMultiple(number: number, parts: number, most = MOST_CELLS): number {
  return number * Math.max(1, Math.floor(Math.min(most, parts * FINEST) / number));
}

/** How many cells each weight is worth: one at least, and else by largest remainder. */
export function apportion(cells: number, weights: readonly number[]): number[] {
  return shareOut(
    { weights, cells },
    weights.map(() => 1),
    new Set(weights.keys()),
  );
}

/**
 * How many cells each gateway gets of a ring that only some share out, by their weights.
 *
 * @param least what each of those gets in any case
 * @param kept what each keeps, unless that is more than there is in all
 */
export function shareOut(
  { weights, cells }: { readonly weights: readonly number[]; readonly cells: number },
  least: readonly number[],
  usable: ReadonlySet<number>,
  kept = least,
): number[] {
  const loads = new Map([...usable].map((gateway) => [gateway, kept[gateway]!]));
  const sharing = { loads, weights, cells };
  const given = sum([...loads.values()]);
  for (let rest = cells - given; rest > 0; rest--) takeNeediest(sharing, 0);
  for (let rest = given - cells; rest > 0; rest--) giveRichest(sharing, least);
  return weights.map((_, gateway) => loads.get(gateway) ?? 0);
}

/**
 * Gives every cell a usable gateway with the least movement.
 *
 * A cell goes to its own slot's gateway if that is usable, else it stays where it is if that one is usable, else it goes
 * to the usable gateway that lacks most cells by its weight. So a second loss moves nothing that the first has placed.
 *
 * @param previous who served the cells until now; undefined at a first start
 * @param usable indexes of the gateways that may serve; must not be empty
 */
export function placeCells(layout: Layout, previous: PartialOwners | undefined, usable: ReadonlySet<number>): Owners {
  const { homes, weights } = layout;
  const owners = homes.map((home, cell): number | undefined => {
    if (usable.has(home)) return home;
    const before = previous?.[cell];
    return before !== undefined && usable.has(before) ? before : undefined;
  });
  const loads = new Map([...usable].map((gateway) => [gateway, 0]));
  for (const owner of owners) if (owner !== undefined) loads.set(owner, loads.get(owner)! + 1);

  const orphaned = homes.flatMap((_, cell) => (owners[cell] === undefined ? cell : []));
  for (const [home, orphans] of Map.groupBy(orphaned, (cell) => homes[cell]!)) {
    const heirs = orphans.map(() => takeNeediest({ loads, weights, cells: homes.length }, home));
    heirs.sort((a, b) => a - b); // neighbours with one heir make one nexthop
    orphans.forEach((cell, index) => (owners[cell] = heirs[index]));
  }
  return owners as number[];
}

/** Gateways that share out a ring. */
interface Sharing {
  /** Cells that each gateway has so far; the others get none. */
  readonly loads: Map<number, number>;
  readonly weights: readonly number[];
  readonly cells: number;
}

/** How many cells gateways lack by their weights, times the sum of these. */
function lackIn({ loads, weights, cells }: Sharing): (gateway: number) => number {
  const whole = sum([...loads.keys()].map((gateway) => weights[gateway]!));
  return (gateway) => cells * weights[gateway]! - loads.get(gateway)! * whole;
}

/** The gateway that lacks most cells by its weight, the next one around the ring among equals; it gets one more. */
function takeNeediest(sharing: Sharing, home: number): number {
  const { loads, weights } = sharing;
  const lack = lackIn(sharing);
  const distance = (gateway: number): number => (gateway - home + weights.length) % weights.length;
  let [neediest] = loads.keys();
  for (const gateway of loads.keys()) {
    const difference = lack(gateway) - lack(neediest!);
    if (difference > 0 || (difference === 0 && distance(gateway) < distance(neediest!))) neediest = gateway;
  }
  loads.set(neediest!, loads.get(neediest!)! + 1);
  return neediest!;
}

/** The gateway that lacks fewest cells by its weight, of those with more than the least, has one less. */
function giveRichest(sharing: Sharing, least: readonly number[]): void {
  const { loads } = sharing;
  const lack = lackIn(sharing);
  const givers = [...loads.keys()].filter((gateway) => loads.get(gateway)! > least[gateway]!);
  const richest = givers.reduce((one, other) => (lack(other) < lack(one) ? other : one));
  loads.set(richest, loads.get(richest)! - 1);
}

/**
 * The nexthops that share out the ring so: one for each run of cells with one owner. Their weights are in lowest terms,
 * unless the slots only come near the weights of the gateways: then a restart has to find the same number of cells.
 */
export function toNextHops({ gateways, weights, homes }: Layout, owners: Owners): NextHop[] {
  const runs = joinRuns(owners.map((owner) => ({ gateway: gateways[owner]!, weight: 1 })));
  return homes.length % partsOf(weights) === 0 ? lowestTerms(runs) : runs;
}

/** The gateway at the middle of each of so many cells. */
export function gatewaysOfCells(nexthops: readonly NextHop[], cells: number): string[] {
  const ends: number[] = [];
  for (const { weight } of nexthops) ends.push((ends.at(-1) ?? 0) + weight);
  return Array.from({ length: cells }, (_, cell) => {
    return nexthops[ends.findIndex((end) => (cell + 0.5) * ends.at(-1)! < end * cells)]!.gateway;
  });
}

/** Joins neighbours with one gateway and divides all weights by their common factor. The ring stays the same. */
export function lowestTerms(nexthops: readonly NextHop[]): NextHop[] {
  const runs = joinRuns(nexthops);
  const divisor = runs.reduce((common, { weight }) => gcd(common, weight), 0);
  return runs.map(({ gateway, weight }) => ({ gateway, weight: weight / divisor }));
}

/** Joins neighbours with one gateway. */
function joinRuns(nexthops: readonly NextHop[]): NextHop[] {
  const runs: { gateway: string; weight: number }[] = [];
  for (const { gateway, weight } of nexthops) {
    if (runs.at(-1)?.gateway === gateway) runs.at(-1)!.weight += weight;
    else runs.push({ gateway, weight });
  }
  return runs;
}

/** The greatest common divisor. */
export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
