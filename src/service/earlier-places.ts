import { type FoundLookup, placesFound } from "../config/places-found.ts";
import type { PlacePools } from "../config/pool-places.ts";
import type { Family } from "../net/address.ts";
import { readLookups } from "../routing/iproute2/lookups.ts";
import { lockedTables } from "./instance-lock.ts";

/**
 * The places that rules in the kernel give to the pools of a file. Without `ip` there are none; the start reports that.
 *
 * @param free whether tables of running instances do not count, as before a start
 * @param families those that the pools route
 */
export async function earlierPlaces(free: boolean, families: readonly Family[]): Promise<PlacePools> {
  const read = (family: Family): Promise<readonly FoundLookup[]> => readLookups(family).catch(() => []);
  const lookups = (await Promise.all(families.map(read))).flat();
  const locked = free ? await lockedTables(lookups.map(({ table }) => table)) : new Set();
  return placesFound(lookups.filter(({ table }) => !locked.has(table)));
}
