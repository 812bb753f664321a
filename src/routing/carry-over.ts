import type { Ring } from "./ring.ts";
import {
  apportion,
  cutInto,
  finestMultiple,
  gatewaysOfCells,
  gcd,
  type Layout,
  MOST_CELLS,
  type Owners,
  partsOf,
  type PartialOwners,
  shareOut,
} from "./slots.ts";
import type { NextHop } from "./types.ts";

/**
 * The ring behind these nexthops, cut anew for these gateways and weights, with as much as possible left where it is: slots
 * are made of cells that their gateways serve already, so that only those change hands of which one gateway has too many
 * and another one too few.
 *
 *   1 2, one weight each   111111 222222
 *   1 gets weight 2        111111 112222   two cells of 2 go to 1
 *   3 with weight 1 comes  111111 332223   two cells of 1 and one of 2 go to 3
 *
 * Where gateways and weights are the same, nothing moves: a restart goes on where the last run stopped. Where only the
 * weights are the same, a gateway keeps all its cells but for those that others lack of their slots.
 *
 * @param layout the slots on a ring on which nothing has happened yet, or as they were when these gateways had it last
 * @param usable indexes of the gateways that may serve; must not be empty
 * @param hasSameWeights whether the weights are known to be the same; otherwise they are if they can have left the ring so
 */
export function carryOver(
  layout: Layout,
  nexthops: readonly NextHop[],
  usable: ReadonlySet<number>,
  hasSameWeights = false,
): Ring {
  const { gateways, weights } = layout;
  const cells = matchingCells(nexthops, layout);
  const reference = layout.homes.length === cells ? layout : cutInto(cells, gateways, weights);
  const slots = apportion(cells, weights);
  const before = ownersIn(nexthops, gateways, cells);
  const loads = slots.map((_, gateway) => before.filter((owner) => owner === gateway).length);
  const isSame = hasSameWeights || areLeftBy(slots, loads);
  const kept = isSame ? slots.map((slot, gateway) => Math.max(slot, loads[gateway]!)) : slots;
  const owners = settle(reference, before, shareOut({ weights, cells }, slots, usable, kept));
  return { layout: { gateways, weights, homes: settle(reference, owners, slots, before) }, owners };
}

/** Whether slots of these sizes can have left gateways so many cells: each that has any has all of its own, if not more. */
function areLeftBy(slots: readonly number[], loads: readonly number[]): boolean {
  return loads.every((load, gateway) => load === 0 || load >= slots[gateway]!);
}

/**
 * In how many cells a ring is cut on which so many already have an owner. No boundary between two owners may fall into a
 * cell, unless there are too many gateways for that: then a part of some cells moves as well.
 */
function matchingCells(nexthops: readonly NextHop[], { gateways, weights, homes }: Layout): number {
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  if (homes.length % total === 0) return homes.length;
  const parts = partsOf(weights);
  const exact = (total / gcd(total, parts)) * parts;
  if (exact <= MOST_CELLS) return finestMultiple(exact, parts);
  const aligned = total * Math.floor(MOST_CELLS / total);
  return aligned >= gateways.length ? aligned : homes.length;
}

/** Who serves each cell by these nexthops: the gateway at its middle. Others than the given gateways count as none. */
function ownersIn(nexthops: readonly NextHop[], gateways: readonly string[], cells: number): PartialOwners {
  const indexes = new Map(gateways.map((gateway, index) => [gateway, index]));
  return gatewaysOfCells(nexthops, cells).map((gateway) => indexes.get(gateway));
}

/**
 * Gives each gateway so many cells: those that it has already, the nearest to its slot in the reference first. The others
 * go to where they are in the reference, else to the gateway of the cell before, else to any with too few. Those of
 * gateways that go are first for the ones that stay, which so take none from each other while there are enough.
 *
 * @param present who has each cell already
 * @param earlier who had each cell still earlier: the cells of those come before the nearest
 */
function settle(
  { homes: reference }: Layout,
  present: PartialOwners,
  counts: readonly number[],
  earlier: PartialOwners = present,
): Owners {
  const rooms = [...counts];
  const owners: (number | undefined)[] = reference.map(() => undefined);
  const give = (cell: number, owner: number | undefined): void => {
    if (owner === undefined || owners[cell] !== undefined || rooms[owner] === 0) return;
    owners[cell] = owner;
    rooms[owner]!--;
  };
  for (const cell of nearestFirst(reference, present, earlier)) give(cell, present[cell]);
  const fill = (some: readonly number[], takes: (gateway: number | undefined) => boolean): void => {
    const offer = (cell: number, to: number | undefined): void => (takes(to) ? give(cell, to) : undefined);
    for (const cell of some) offer(cell, reference[cell]);
    for (const cell of some) {
      offer(cell, owners[cell - 1]); // neighbours with one gateway make one nexthop
      offer(
        cell,
        rooms.findIndex((room, gateway) => room > 0 && takes(gateway)),
      );
    }
  };
  const cells = [...reference.keys()];
  const staying = new Set(present.filter((gateway) => gateway !== undefined && counts[gateway]! > 0));
  fill(
    cells.filter((cell) => !staying.has(present[cell])),
    (gateway) => staying.has(gateway),
  );
  fill(cells, () => true);
  return owners as Owners;
}

/** The cells by how far they are from the slot of the gateway that has them; those that it had earlier as well come first. */
function nearestFirst(reference: Owners, present: PartialOwners, earlier: PartialOwners): number[] {
  const order = reference.map((_, cell) => {
    return distanceTo(present[cell], cell, reference) + (present[cell] === earlier[cell] ? 0 : reference.length);
  });
  return [...reference.keys()].toSorted((a, b) => order[a]! - order[b]!);
}

/** How many cells away a gateway's own slot is. */
function distanceTo(gateway: number | undefined, cell: number, reference: Owners): number {
  if (gateway === undefined || reference[cell] === gateway) return 0;
  const [first, last] = [reference.indexOf(gateway), reference.lastIndexOf(gateway)];
  return Math.max(first - cell, cell - last, 1);
}
