import type { Family } from "../net/address.ts";
import { type RuleSelector, ruleSelectors, selectorText } from "../routing/selectors.ts";
import { narrowTo } from "./families.ts";
import { assignPlaces, type Place, type PlacePools, type PlaceWish, PREFERENCE_STEP } from "./pool-places.ts";

/** A rule of an earlier run that leads to the table of a pool. */
export interface FoundLookup extends Place {
  /** IPv4 by default. */
  readonly family?: Family;
  readonly selector?: RuleSelector;
}

/** So many places from the first one on may be those of pools of one file; what is farther away is of another instance. */
const REACH = 64;

/**
 * Places pools where an earlier run has left the rules for the same packets, so that a start moves no flow and no rule
 * whatever pools have been added to the file, or removed from it. The keys of a pool win.
 *
 * A pool may route a family that it did not route before, or no more: those of the rules that are there decide.
 */
export function placesFound(lookups: readonly FoundLookup[]): PlacePools {
  const found = byPlace(lookups);
  return (pools, first) => {
    const near = found.filter(({ place }) => isNear(place, first));
    const running = pools.flatMap((pool) => {
      const match = near.find((one) => isOfPool(one, pool) && isAllowed(one.place, pool));
      return match === undefined || pool.name === undefined ? [] : [[pool.name, match.place] as const];
    });
    return assignPlaces(pools, first, new Map(running));
  };
}

/** A place, and which packets of each family the rules that lead there are for. */
interface FoundPlace {
  readonly place: Place;
  readonly keys: ReadonlyMap<Family, string>;
}

function byPlace(lookups: readonly FoundLookup[]): FoundPlace[] {
  const groups = Map.groupBy(lookups, ({ table, preference }) => `${table} ${preference}`);
  return [...groups.values()]
    .map((rules) => ({ place: rules[0]!, keys: keysOf(rules) }))
    .sort((a, b) => a.place.table - b.place.table);
}

function keysOf(rules: readonly FoundLookup[]): ReadonlyMap<Family, string> {
  const families = Map.groupBy(rules, ({ family = 4 }) => family);
  return new Map([...families].map(([family, some]) => [family, keyOf(some.map(({ selector }) => selector))]));
}

function isOfPool({ keys }: FoundPlace, { selectors }: PlaceWish): boolean {
  return [...keys].every(([family, key]) => {
    const own = narrowTo(family, selectors);
    return own !== undefined && key === keyOf(ruleSelectors(own));
  });
}

function keyOf(selectors: readonly (RuleSelector | undefined)[]): string {
  return [...new Set(selectors.map(selectorText))].sort().join("\n");
}

function isNear({ table, preference }: Place, first: Place): boolean {
  const [tables, preferences] = [table - first.table, preference - first.preference];
  return tables >= 0 && tables < REACH && preferences >= 0 && preferences < REACH * PREFERENCE_STEP;
}

function isAllowed(place: Place, { table = place.table, preference = place.preference }: PlaceWish): boolean {
  return table === place.table && preference === place.preference;
}
