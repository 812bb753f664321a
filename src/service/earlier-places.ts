import { type FoundLookup, placesFound } from "../config/places-found.ts";
import type { PlacePools } from "../config/pool-places.ts";
import { readLookups } from "../routing/iproute2/lookups.ts";
import { lockedTables } from "./instance-lock.ts";

/**
 * The places that rules in the kernel give to the pools of a file. Without `ip` there are none; the start reports that.
 *
 * @param free whether tables of running instances do not count, as before a start
 */
export async function earlierPlaces(free: boolean): Promise<PlacePools> {
  const lookups: readonly FoundLookup[] = await readLookups().catch(() => []);
  const locked = free ? await lockedTables(lookups.map(({ table }) => table)) : new Set();
  return placesFound(lookups.filter(({ table }) => !locked.has(table)));
}
