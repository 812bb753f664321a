import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";
import { SYSTEM_TABLES } from "../routing/tables.ts";
import type { PoolConfig } from "./model.ts";
import { assignPlaces, type Place, type PlacePools, PREFERENCE_STEP } from "./pool-places.ts";

/** A pool that runs, as far as its place counts. */
export type RunningPool = Pick<PoolConfig, "name" | "selectors" | "table" | "preference">;

/**
 * Places pools that are to replace running ones. Each that stays, by its name, keeps its place while the order allows it. A
 * new one gets no place of one that goes, so that it can stand before that is removed. Where the order allows nothing else,
 * all get other preferences: from the first one on where no running pool is there, or else behind all of these.
 */
export function placesBeside(running: readonly RunningPool[]): PlacePools {
  return (pools, first) => {
    const names = new Set(pools.map(({ name }) => nameOf(name)));
    const leaving = running.filter(({ name }) => !names.has(nameOf(name)));
    const wishes = [...pools, ...leaving].map((pool) => ({ ...pool, name: nameOf(pool.name) }));
    const before = new Map(running.map(({ name, table, preference }) => [nameOf(name), { table, preference }]));
    const places = assignPlaces(wishes, first, before).slice(0, pools.length);
    const isMoved = pools.some(({ name, preference }, index) => {
      const now = before.get(nameOf(name))?.preference;
      return preference === undefined && now !== undefined && now !== places[index]!.preference;
    });
    if (!isMoved) return places;
    const moved = withTables(wishes.slice(0, pools.length), places);
    const [front, behind] = [first, behindAll(running, first)].map((start) => assignPlaces(moved, start));
    return running.some((one) => front!.some((place) => overlap(place, one))) ? behind! : front!;
  };
}

/** The one pool without a name is one as well. */
function nameOf(name: string | undefined): string {
  return name ?? "";
}

function withTables(wishes: Parameters<PlacePools>[0], places: readonly Place[]): Parameters<PlacePools>[0] {
  return wishes.map((wish, index) => ({ ...wish, table: places[index]!.table }));
}

function behindAll(running: readonly RunningPool[], first: Place): Place {
  const last = Math.max(...running.map(({ preference }) => preference));
  return { ...first, preference: last + PREFERENCE_STEP };
}

/**
 * Where pools go first that are to take places of other running ones: behind all of them, in the order in which they are to
 * be asked, and to tables that none has. From there each can take its own place.
 */
export function detourBeside<P extends RunningPool>(running: readonly RunningPool[], wanted: readonly P[]): P[] {
  const all = [...running, ...wanted];
  const last = Math.max(...all.map(({ preference }) => preference));
  const used = new Set([...all.map(({ table }) => table), ...SYSTEM_TABLES.keys()]);
  const order = wanted.toSorted((one, other) => one.preference - other.preference);
  return wanted.map((pool) => {
    const preference = last + PREFERENCE_STEP * (order.indexOf(pool) + 1);
    const isFree = !running.some(({ name, table }) => name !== pool.name && table === pool.table);
    return { ...pool, preference, table: isFree ? pool.table : freeTable(pool.table, used) };
  });
}

/** The next table from this one on that is not used; it is then. */
function freeTable(from: number, used: Set<number>): number {
  let table = from;
  while (used.has(table)) table++;
  used.add(table);
  return table;
}

/** Why pools cannot take their places beside running ones: another one, which moves or goes later, still has them. */
export function placeProblemsBeside(running: readonly RunningPool[], pools: readonly RunningPool[]): string[] {
  return pools.flatMap((pool) => running.flatMap((other) => problemBeside(pool, other)));
}

function problemBeside(pool: RunningPool, other: RunningPool): string | [] {
  if (pool.name === other.name) return [];
  const own = pool.name === undefined ? "the pool" : `pool ${pool.name}`;
  const its = other.name === undefined ? "the running pool without a name" : `the running pool ${other.name}`;
  if (pool.table !== other.table && !overlap(pool, other)) return [];
  const what = pool.table === other.table ? `table ${pool.table}` : `preference ${pool.preference}`;
  return `${own}: ${its} has ${what} until this reload is over; choose another one, or restart the service`;
}

type Preference = Pick<RunningPool, "preference">;

function overlap(one: Preference, other: Preference): boolean {
  return Math.abs(one.preference - other.preference) < KILL_SWITCH_SPAN;
}
