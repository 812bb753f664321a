import { type RuleSelector, ruleSelectors, selectorText } from "../routing/selectors.ts";
import { assignPlaces, type Place, type PlacePools, type PlaceWish, PREFERENCE_STEP } from "./pool-places.ts";

/** A rule of an earlier run that leads to the table of a pool. */
export interface FoundLookup extends Place {
  readonly selector?: RuleSelector;
}

/** So many places from the first one on may be those of pools of one file; what is farther away is of another instance. */
const REACH = 64;

/**
 * Places pools where an earlier run has left the rules for the same packets, so that a start moves no flow and no rule
 * whatever pools have been added to the file, or removed from it. The keys of a pool win.
 */
export function placesFound(lookups: readonly FoundLookup[]): PlacePools {
  const found = byPlace(lookups);
  return (pools, first) => {
    const near = found.filter(({ place }) => isNear(place, first));
    const running = pools.flatMap((pool) => {
      const key = keyOf(ruleSelectors(pool.selectors));
      const match = near.find((one) => one.key === key && isAllowed(one.place, pool));
      return match === undefined || pool.name === undefined ? [] : [[pool.name, match.place] as const];
    });
    return assignPlaces(pools, first, new Map(running));
  };
}

function byPlace(lookups: readonly FoundLookup[]): { readonly place: Place; readonly key: string }[] {
  const groups = Map.groupBy(lookups, ({ table, preference }) => `${table} ${preference}`);
  return [...groups.values()]
    .map((rules) => ({ place: rules[0]!, key: keyOf(rules.map(({ selector }) => selector)) }))
    .sort((a, b) => a.place.table - b.place.table);
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
