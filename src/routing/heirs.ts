import { type Layout, type Owners, type PartialOwners, placeCells } from "./slots.ts";

/** How many heirs of a cell are chosen by the loads of all; after these comes the next gateway around the ring. */
const MOST_HEIRS = 6;

/**
 * Gives every cell a usable gateway that depends on the usable gateways alone, not on who left first: routers with the same
 * flags agree. Each cell has a line of heirs, of which the first usable one serves it:
 *
 *   all healthy   111 222 333 444
 *   3 leaves      111 222 124 444
 *   1 leaves      224 222 424 444
 *   3 returns     234 222 333 444   it takes its own slot, and the cell of slot 1 that it has while 1 alone is gone
 *
 * So cells move only to a gateway that returns and from one that leaves, as by {@link placeCells}. One that returns takes
 * more than its own slot while others are gone: its part of theirs. Both cannot be had: if only own slots moved at a return,
 * no gateway could have served more before its loss, and lost slots would have no server.
 *
 * @param usable indexes of the gateways that may serve; must not be empty
 */
export function placeHeirs(layout: Layout, usable: ReadonlySet<number>): Owners {
  const lines = linesOf(layout);
  return layout.homes.map((home, cell) => (usable.has(home) ? home : heirOf(cell, layout, lines, usable)));
}

/** The heirs of each cell so far, in their order. */
type Lines = readonly number[][];

const known = new WeakMap<Layout, Lines>();

function linesOf(layout: Layout): Lines {
  const lines = known.get(layout) ?? layout.homes.map(() => []);
  known.set(layout, lines);
  return lines;
}

function heirOf(cell: number, layout: Layout, lines: Lines, usable: ReadonlySet<number>): number {
  const line = lines[cell]!;
  for (let place = 0; place < MOST_HEIRS; place++) {
    if (place === line.length) extend(cell, layout, lines);
    if (usable.has(line[place]!)) return line[place]!;
  }
  return nextAround(layout, layout.homes[cell]!, usable);
}

/**
 * Chooses the next heir of a cell: for the case that its own gateway and all heirs so far are gone, and no other. All cells
 * for which these are the gateways that come first get theirs, so that they are shared out by the weights.
 */
function extend(cell: number, layout: Layout, lines: Lines): void {
  const { homes } = layout;
  const gone = new Set([homes[cell]!, ...lines[cell]!]);
  const rest = new Set(layout.gateways.keys()).difference(gone);
  const before = homes.map((home, one) => (rest.has(home) ? home : heirWithout(one, gone, layout, lines)));
  const owners = placeCells(layout, before, rest);
  before.forEach((owner, one) => (owner === undefined ? lines[one]!.push(owners[one]!) : undefined));
}

/** The heir of a cell by fewer losses than these; undefined where all of these come before it. */
function heirWithout(cell: number, gone: ReadonlySet<number>, layout: Layout, lines: Lines): PartialOwners[number] {
  const line = lines[cell]!;
  for (let place = 0; place + 1 < gone.size; place++) {
    if (place === line.length) extend(cell, layout, lines);
    if (!gone.has(line[place]!)) return line[place]!;
  }
  return undefined;
}

function nextAround({ gateways }: Layout, home: number, usable: ReadonlySet<number>): number {
  for (let index = home + 1; ; index++) if (usable.has(index % gateways.length)) return index % gateways.length;
}
