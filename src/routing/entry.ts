import { type Cidr, formatCidr } from "../net/cidr.ts";
import { tableOfId } from "./nexthop-ids.ts";
import { isProbeTable } from "./probe-tables.ts";
import { selectorText } from "./selectors.ts";
import {
  type Change,
  type ObservedNexthop,
  type ObservedRoute,
  type ProbeTables,
  PROTOCOL,
  type Route,
  type Rule,
} from "./types.ts";

/**
 * A place in the kernel that one entry takes: of a route its table, destination and metric, of a rule all that it says. The rules
 * of the kill switch are repaired together, since half of them would cut off what is excluded: `kill-switch` is all of
 * these. So are the nexthop objects of a table, which are of use only together: `nexthops`.
 */
export type Entry =
  | {
      readonly object: "route";
      readonly table: number;
      readonly destination: Cidr;
      readonly metric: number;
      /** For probes through one gateway. */
      readonly forProbes?: true;
    }
  | { readonly object: "rule"; readonly rule: Rule }
  | { readonly object: "nexthops"; readonly table: number }
  | { readonly object: "kill-switch" };

/**
 * An entry of ours that cannot be made, since a route or nexthop object of another program stands in its place, or a route in
 * a table for probes.
 */
export interface Conflict {
  readonly entry: Entry;
  readonly found: ObservedRoute | ObservedNexthop;
  /** Whether it is a managed destination, so that no rule may lead into the table. */
  readonly bars: boolean;
}

/** Whether an entry of the kernel carries our mark. */
export function isOurs({ protocol }: { readonly protocol: number }): boolean {
  return protocol === PROTOCOL;
}

/**
 * The place that a change touches.
 *
 * @param probes where the tables for probes are
 */
export function entryOf(change: Change, probes?: ProbeTables): Entry {
  if ("rule" in change) return { object: "rule", rule: change.rule };
  if ("nexthop" in change) return nexthopsWith(change.nexthop);
  const { table, destination, metric } = change.route;
  const place = { object: "route", table, destination, metric } as const;
  return probes && isProbeTable(table, probes) ? { ...place, forProbes: true } : place;
}

/** All nexthop objects of the table to which one of ours belongs. */
export function nexthopsWith({ id }: { readonly id: number }): Entry {
  return { object: "nexthops", table: tableOfId(id) };
}

/** What tells the place of a route from all others, for maps. */
export function routeKey({ table, destination, metric }: Pick<Route, "table" | "destination" | "metric">): string {
  return `route ${table} ${formatCidr(destination)} ${metric}`;
}

/** What tells the place of a rule from all others, for maps. */
export function ruleKey(rule: Rule): string {
  const place = `${rule.family === 4 ? "rule" : "rule6"} ${rule.preference}`; // each family has rules of its own
  switch (rule.kind) {
    case "lookup":
      return `${place} ${selectorText(rule.selector)} lookup ${rule.table}`;
    case "goto":
      return `${place} goto ${formatCidr(rule.to)}`;
    case "reject":
      return `${place} ${selectorText(rule.selector)} ${rule.how} ${formatCidr(rule.to)}`;
    case "nop":
      return `${place} nop`;
    case "mark":
      return `${place} mark ${rule.mark}/${rule.mask} lookup ${rule.table}`;
    case "unmarked":
      return `${place} not ${rule.mark}/${rule.mask} goto ${rule.target}`;
    case "stray":
      return `${place} unreachable ${rule.mark}/${rule.mask}`;
    case "answer":
      return `${place} from ${formatCidr(rule.from)} to ${formatCidr(rule.to)} lookup ${rule.table}`;
  }
}

/** What tells the place of a nexthop object from all others, for maps. */
export function nexthopKey({ id }: { readonly id: number }): string {
  return `nexthop ${id}`;
}

/** What tells the place that a change touches from all others, for maps. */
export function changeKey(change: Change): string {
  if ("nexthop" in change) return nexthopKey(change.nexthop);
  return "rule" in change ? ruleKey(change.rule) : routeKey(change.route);
}
