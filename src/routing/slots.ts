import { type NextHop, type ObservedRoute, PROTOCOL } from "./types.ts";

/**
 * Slots: how flows stay on their gateway while others leave and return.
 *
 * The kernel maps a flow's hash to a place on a ring that the nexthops of a route share out by weight, in their order.
 * Adding or removing a nexthop shifts every later boundary and moves flows between gateways that are fine. So the ring
 * is cut once into equal cells, a fixed run of cells (the slot) belongs to each gateway of the range, and only who
 * serves a cell ever changes:
 *
 *   all healthy   111 222 333 444          1 2 3 4, one weight each
 *   3 leaves      111 222 124 444          its cells go to the others, evenly; no other cell moves
 *   3 returns     111 222 333 444          it takes its own slot back; no other cell moves
 */
export interface Layout {
  /** The gateways of the range, in the order of their slots. */
  readonly gateways: readonly string[];
  /** Cells in each slot. More cells share a lost slot more evenly. */
  readonly cellsPerSlot: number;
}

/** Who serves each cell of the ring, as the index of a gateway. */
export type Owners = readonly number[];

/**
 * More cells make longer routes. The batch parser of `ip` takes 511 words a line, and a nexthop is five or seven: a route
 * of a hundred nexthops or more needs a run of `ip` by itself.
 */
const MOST_CELLS = 160;

/** 12 cells divide evenly among 1, 2, 3, 4, 6 and 12 survivors. */
const FINEST = 12;

export function layoutOf(gateways: readonly string[]): Layout {
  const cellsPerSlot = Math.max(1, Math.min(FINEST, Math.floor(MOST_CELLS / gateways.length)));
  return { gateways, cellsPerSlot };
}

/**
 * Gives every cell a usable gateway with the least movement.
 *
 * A cell goes to its own slot's gateway if that is usable, else it stays where it is if that one is usable, else it
 * goes to the usable gateway with the fewest cells. So a second loss moves nothing that the first has placed.
 *
 * @param previous who served the cells until now; undefined at a first start
 * @param usable indexes of the gateways that may serve; must not be empty
 */
export function placeCells(layout: Layout, previous: Owners | undefined, usable: ReadonlySet<number>): Owners {
  const { gateways, cellsPerSlot } = layout;
  const owners: (number | undefined)[] = Array.from({ length: gateways.length * cellsPerSlot }, (_, cell) => {
    const home = Math.floor(cell / cellsPerSlot);
    if (usable.has(home)) return home;
    const before = previous?.[cell];
    return before !== undefined && usable.has(before) ? before : undefined;
  });
  const loads = new Map([...usable].map((gateway) => [gateway, 0]));
  for (const owner of owners) if (owner !== undefined) loads.set(owner, loads.get(owner)! + 1);

  for (let home = 0; home < gateways.length; home++) {
    const first = home * cellsPerSlot;
    const orphans = cellsOf(first, cellsPerSlot).filter((cell) => owners[cell] === undefined);
    const heirs = orphans.map(() => takeLeastLoaded(loads, home, gateways.length));
    heirs.sort((a, b) => a - b); // neighbours with one heir make one nexthop
    orphans.forEach((cell, index) => (owners[cell] = heirs[index]));
  }
  return owners as number[];
}

function cellsOf(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The gateway with the fewest cells, the next one around the ring among equals, with one cell added to its load. */
function takeLeastLoaded(loads: Map<number, number>, home: number, gateways: number): number {
  const distance = (gateway: number): number => (gateway - home + gateways) % gateways;
  let [least] = loads.keys();
  for (const [gateway, load] of loads) {
    const difference = load - loads.get(least!)!;
    if (difference < 0 || (difference === 0 && distance(gateway) < distance(least!))) least = gateway;
  }
  loads.set(least!, loads.get(least!)! + 1);
  return least!;
}

/** The nexthops that share out the ring so: one for each run of cells with one owner, weights in lowest terms. */
export function toNextHops({ gateways }: Layout, owners: Owners): NextHop[] {
  const runs: { gateway: string; weight: number }[] = [];
  owners.forEach((owner, cell) => {
    if (cell > 0 && owner === owners[cell - 1]) runs.at(-1)!.weight++;
    else runs.push({ gateway: gateways[owner]!, weight: 1 });
  });
  return lowestTerms(runs);
}

/** Joins neighbours with one gateway and divides all weights by their common factor. The ring stays the same. */
export function lowestTerms(nexthops: readonly NextHop[]): NextHop[] {
  const runs: { gateway: string; weight: number }[] = [];
  for (const { gateway, weight } of nexthops) {
    if (runs.at(-1)?.gateway === gateway) runs.at(-1)!.weight += weight;
    else runs.push({ gateway, weight });
  }
  const divisor = runs.reduce((common, { weight }) => gcd(common, weight), 0);
  return runs.map(({ gateway, weight }) => ({ gateway, weight: weight / divisor }));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * Reads the owners back from a route in the kernel, so that a restart goes on where the last run stopped.
 *
 * @returns undefined when the route does not fit the layout, as after a change of the range
 */
export function fromNextHops({ gateways, cellsPerSlot }: Layout, nexthops: readonly NextHop[]): Owners | undefined {
  const cells = gateways.length * cellsPerSlot;
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0 || cells % total !== 0) return undefined;
  const owners = nexthops.flatMap(({ gateway, weight }) =>
    Array<number>((weight * cells) / total).fill(gateways.indexOf(gateway)),
  );
  const inUse = new Set(owners);
  // A gateway in use always has its own slot; a ring without that was cut for another range.
  const fits = owners.every((owner, cell) => {
    const home = Math.floor(cell / cellsPerSlot);
    return owner >= 0 && (owner === home || !inUse.has(home));
  });
  return fits ? owners : undefined;
}

/**
 * The owners in the managed route that an earlier run, or one that goes on, has left in the kernel. After a change of the
 * range its gateways get new slots, but still are those that carry traffic.
 */
export function adoptOwners(layout: Layout, routes: readonly ObservedRoute[]): Owners | undefined {
  const route = routes.find(({ protocol, type }) => protocol === PROTOCOL && type === "unicast");
  const used = new Set(route?.nexthops.map(({ gateway }) => layout.gateways.indexOf(gateway)));
  used.delete(-1);
  if (!route || used.size === 0) return undefined;
  return fromNextHops(layout, route.nexthops) ?? placeCells(layout, undefined, used);
}
