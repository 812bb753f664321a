import { placeHeirs } from "../../src/routing/heirs.ts";
import { type Layout, layoutOf, type Owners, placeCells } from "../../src/routing/slots.ts";
import type { Table } from "./table.ts";

const CHANGES = 2000;

/** Part of the gateways that are gone at most, at any time. */
const MOST_GONE = 0.3;

/** A ring, as it was left by its last change. */
type Place = (layout: Layout, before: Owners, usable: ReadonlySet<number>) => Owners;

const PLACES: readonly Place[] = [placeCells, (layout, _, usable) => placeHeirs(layout, usable)];

/** What it costs that the usable gateways alone decide who serves the slots of those that are gone (`-placement usable`). */
export async function placement(): Promise<Table[]> {
  const rows = [4, 5, 10, 20, 40].map((count) => [count, ...PLACES.flatMap((place) => walk(count, place))]);
  const share = (name: string, digits = 1) => ({ name, digits, unit: "%" });
  const title =
    `Gateways leave and return at random ${CHANGES.toLocaleString("en")} times, while up to 30 % of them are gone: share of all flows ` +
    "that moves when one returns, and by how much a gateway has more than its fair share at worst";
  const columns = [
    { name: "gateways" },
    share("history: moves at a return"),
    share("history: too much", 0),
    share("usable: moves at a return"),
    share("usable: too much", 0),
  ];
  return [{ title, columns, rows }];
}

/** The mean share of the cells that moves at a return, and the worst excess over a fair share, in percent. */
function walk(count: number, place: Place): [number, number] {
  const layout = layoutOf(Array.from({ length: count }, (_, index) => String(index)));
  const usable = new Set(layout.gateways.keys());
  let owners = place(layout, layout.homes, usable);
  const moved: number[] = [];
  let excess = 0;
  for (const gateway of picks(count)) {
    const returns = !usable.has(gateway);
    if (!returns && count - usable.size >= Math.ceil(count * MOST_GONE)) continue;
    if (returns) usable.add(gateway);
    else usable.delete(gateway);
    const after = place(layout, owners, usable);
    if (returns) moved.push(after.filter((owner, cell) => owner !== owners[cell]).length / after.length);
    owners = after;
    const most = Math.max(...[...usable].map((one) => owners.filter((owner) => owner === one).length));
    excess = Math.max(excess, (most * usable.size) / owners.length - 1);
  }
  return [(100 * moved.reduce((sum, one) => sum + one, 0)) / moved.length, 100 * excess];
}

/** The same gateways in each run, for both ways (the minimal standard generator of Park and Miller). */
function* picks(count: number): Generator<number> {
  for (let state = 1, step = 0; step < CHANGES; step++) {
    state = (state * 48_271) % 2_147_483_647;
    yield state % count;
  }
}
