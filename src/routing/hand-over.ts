import { type Cidr, distinct, overlaps, prefixesAround } from "../net/cidr.ts";
import type { Destinations } from "./desired.ts";
import {
  ALL_PACKETS,
  type RuleSelector,
  ruleSelectors,
  type Selectors,
  selectorText,
  textWithoutSource,
} from "./selectors.ts";
import { isOurs } from "./entry.ts";
import type { Observed, TableRef } from "./types.ts";

/*
 * Packets that go from one pool to another by a reload, or since an earlier run. Each pool changes the kernel by itself, and one that begins may
 * first have to find out which of its gateways are up. So a pool takes what it gets at once, and gives away what it is no
 * more for only when all pools have what they get: in between, packets go where they went, or where they are to go.
 */

/** What a pool was for before a reload, or in an earlier run. */
export interface FormerPackets {
  readonly destinations: Destinations;
  /** Of its rules. */
  readonly selectors: readonly (RuleSelector | undefined)[];
}

/** What a pool was for, unless it is for the same packets now. */
export function formerPackets(before: Packets, now: Packets): FormerPackets | undefined {
  if (textOf(before) === textOf(now)) return undefined;
  return { destinations: before.destinations, selectors: ruleSelectors(before.tableRef.selectors ?? ALL_PACKETS) };
}

/** What an earlier run has left the pool for, unless it is for all of that now. */
export function packetsFound(
  { routes, rules }: Pick<Observed, "routes" | "rules">,
  now: Packets,
): FormerPackets | undefined {
  const { destinations, tableRef } = now;
  const selectors = rules.flatMap((rule) => {
    return rule.kind === "lookup" && isOurs(rule) && rule.table === tableRef.table ? [rule.selector] : [];
  });
  const own = routes.filter((route) => isOurs(route) && route.type !== "on-link");
  const placesOf = (isThrow: boolean): Cidr[] =>
    distinct(own.flatMap(({ type, destination }) => ((type === "throw") === isThrow ? destination : [])));
  const found = { managed: placesOf(false), excluded: placesOf(true), reserved: [], gateways: [] };
  const former = { destinations: found, selectors };
  const both = destinationsOfBoth(destinations, former);
  const loses =
    selectorsOfBoth(tableRef.selectors, former).length > ruleSelectors(tableRef.selectors ?? ALL_PACKETS).length ||
    distinct(both.managed).length > distinct(destinations.managed).length ||
    destinations.excluded.some((one) => !both.excluded.includes(one));
  return loses && selectors.length > 0 ? former : undefined;
}

interface Packets {
  readonly destinations: Destinations;
  readonly tableRef: TableRef;
}

function textOf({ destinations: { managed, excluded }, tableRef: { selectors } }: Packets): string {
  return JSON.stringify([managed, excluded, selectors]);
}

/**
 * The destinations of before and now. Exclusions of now wait where packets to them went to the gateways. Those of before
 * stay within destinations that are none any more.
 */
export function destinationsOfBoth(now: Destinations, { destinations: former }: FormerPackets): Destinations {
  const managed = prefixesAround(former.managed);
  const excluded = prefixesAround(former.excluded);
  const reserved = prefixesAround(former.reserved);
  const wasManaged = (network: Cidr): boolean => {
    const longest = Math.max(...managed(network));
    return longest > Math.max(...excluded(network)) && longest >= Math.max(...reserved(network));
  };
  const isNew = (network: Cidr): boolean => now.managed.some((one) => overlaps(one, network));
  return {
    ...now,
    managed: [...now.managed, ...former.managed],
    excluded: [...now.excluded.filter((one) => !wasManaged(one)), ...former.excluded.filter((one) => !isNew(one))],
  };
}

/**
 * The selectors of rules of before and now, but for those that the kernel would not tell from one of now without a source.
 * Those of before come first: once rules with a source stand, the kernel adds none without one.
 */
export function selectorsOfBoth(
  now: Selectors = ALL_PACKETS,
  { selectors: former }: FormerPackets,
): readonly (RuleSelector | undefined)[] {
  const rules = ruleSelectors(now);
  const present = new Set(rules.map(selectorText));
  const takers = new Set(rules.filter((rule) => rule?.from === undefined).map(textWithoutSource));
  const others = former.filter((rule) => !present.has(selectorText(rule)) && !takers.has(textWithoutSource(rule)));
  return [...others, ...rules];
}
