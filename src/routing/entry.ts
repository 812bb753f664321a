import { type Cidr, formatCidr } from "../net/cidr.ts";
import { isProbeTable } from "./probe-tables.ts";
import { selectorText } from "./selectors.ts";
import { type Change, type ObservedRoute, type ProbeTables, PROTOCOL, type Route, type Rule } from "./types.ts";

/**
 * A place in the kernel that one entry takes: of a route its table, destination and metric, of a rule all that it says. The rules
 * of the kill switch are repaired together, since half of them would cut off what is excluded: `kill-switch` is all of
 * these.
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
  | { readonly object: "kill-switch" };

/** An entry of ours that cannot be made, since a route of another program stands in its place, or in a table for probes. */
export interface Conflict {
  readonly entry: Entry;
  readonly found: ObservedRoute;
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
  const { table, destination, metric } = change.route;
  const place = { object: "route", table, destination, metric } as const;
  return probes && isProbeTable(table, probes) ? { ...place, forProbes: true } : place;
}

/** What tells the place of a route from all others, for maps. */
export function routeKey({ table, destination, metric }: Pick<Route, "table" | "destination" | "metric">): string {
  return `route ${table} ${formatCidr(destination)} ${metric}`;
}

/** What tells the place of a rule from all others, for maps. */
export function ruleKey(rule: Rule): string {
  switch (rule.kind) {
    case "lookup":
      return `rule ${rule.preference} ${selectorText(rule.selector)} lookup ${rule.table}`;
    case "goto":
      return `rule ${rule.preference} goto ${formatCidr(rule.to)}`;
    case "reject":
      return `rule ${rule.preference} ${selectorText(rule.selector)} ${rule.how} ${formatCidr(rule.to)}`;
    case "nop":
      return `rule ${rule.preference} nop`;
    case "mark":
      return `rule ${rule.preference} mark ${rule.mark}/${rule.mask} lookup ${rule.table}`;
    case "unmarked":
      return `rule ${rule.preference} not ${rule.mark}/${rule.mask} goto ${rule.target}`;
    case "stray":
      return `rule ${rule.preference} unreachable ${rule.mark}/${rule.mask}`;
    case "answer":
      return `rule ${rule.preference} from ${formatCidr(rule.from)} to ${formatCidr(rule.to)} lookup ${rule.table}`;
  }
}

/** What tells the place that a change touches from all others, for maps. */
export function changeKey(change: Change): string {
  return "rule" in change ? ruleKey(change.rule) : routeKey(change.route);
}
