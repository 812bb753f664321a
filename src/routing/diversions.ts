import type { Family } from "../net/address.ts";
import {
  type Attracted,
  type Attractor,
  createAttraction,
  everythingManaged,
  NOTHING_ATTRACTED,
} from "./attraction.ts";
import type { PolicyRule } from "./policy-rule.ts";
import { isOurs } from "./entry.ts";
import type { RouteDiversion } from "./foreign-routes.ts";
import { matchesAll, mayMatch } from "./selector-match.ts";
import { LAST_PREFERENCE, LOCAL_TABLE, MAIN_TABLE } from "./tables.ts";
import type { Route, TableRef } from "./types.ts";

/**
 * A rule of another program that comes before ours and decides about packets that should go through the gateways.
 *
 * - `all`: it decides about every packet to them, perhaps but those with a mark, so that no gateway is used
 * - `some`: it decides about some packets, by its selector or by the routes of its table
 * - `bypass`: it leads packets with a mark, or those for which there is a route of their own, to the main table, as a
 *   router's administrator has it do on purpose
 */
export interface RuleDiversion extends Attracted {
  readonly rule: PolicyRule;
  readonly extent: "all" | "some" | "bypass";
}

/** A rule or a route of another program that keeps packets from the gateways. */
export type Diversion = RuleDiversion | RouteDiversion;

/** Rules of other programs that the kernel evaluates before ours, as far as they may match packets that these are for. */
export function precedingRules(rules: readonly PolicyRule[], tableRef: TableRef): PolicyRule[] {
  return split(rules, tableRef).before.filter((rule) => isForeign(rule) && mayMatch(rule.json, tableRef.selectors));
}

/**
 * Rules of other programs that the kernel evaluates after ours and before its own ones, as far as they may match packets
 * that ours are for, except an unconditional lookup of main.
 */
export function followingRules(rules: readonly PolicyRule[], tableRef: TableRef): PolicyRule[] {
  const { after } = split(rules, tableRef);
  const isForMain = (rule: PolicyRule): boolean => leadsTo(rule, MAIN_TABLE) && rule.selector === "";
  return after.filter(
    (rule) =>
      isForeign(rule) &&
      mayMatch(rule.json, tableRef.selectors) &&
      !isForMain(rule) &&
      rule.preference <= LAST_PREFERENCE,
  );
}

/** Of rules with one preference, the kernel evaluates the older one first; ours would be the newest. */
function split(rules: readonly PolicyRule[], { table, preference }: TableRef) {
  const own = rules.findIndex((rule) => isOurs(rule) && leadsTo(rule, table));
  const later = own >= 0 ? own : rules.findIndex((rule) => rule.preference > preference);
  const end = later >= 0 ? later : rules.length;
  return { before: rules.slice(0, end), after: rules.slice(end) };
}

function isForeign(rule: PolicyRule): boolean {
  return !isOurs(rule) && !leadsTo(rule, LOCAL_TABLE);
}

/** Whether a rule leads into a table. */
export function leadsTo({ action }: PolicyRule, table: number): boolean {
  return action.kind === "lookup" && action.table === table;
}

/** Reads the routes of a table one by one: those of one family, which is IPv4 by default. */
export type VisitRoutes = (table: number, visit: (route: Attractor) => void, family?: Family) => Promise<void>;

/** The same for another family. */
export function visitIn(family: Family, { visitRoutes }: { readonly visitRoutes: VisitRoutes }): VisitRoutes {
  return (table, visit) => visitRoutes(table, visit, family);
}

/**
 * What each rule would decide about packets that should go through the gateways, if no other rule came before it. Each
 * table is read once.
 *
 * @param wanted the routes of the service if every gateway was healthy
 */
export async function attractedBy(
  rules: readonly PolicyRule[],
  wanted: readonly Route[],
  { preference }: TableRef,
  visitRoutes: VisitRoutes,
): Promise<readonly (readonly [rule: PolicyRule, attracted: Attracted])[]> {
  const lookups = new Map<string, { table: number; attraction: ReturnType<typeof createAttraction> }>();
  for (const { action } of rules) {
    if (action.kind !== "lookup") continue;
    const { table, suppress } = action;
    lookups.set(`${table} ${suppress}`, { table, attraction: createAttraction(wanted, suppress) });
  }
  for (const [table, some] of Map.groupBy(lookups.values(), (one) => one.table)) {
    await visitRoutes(table, (route) => some.forEach(({ attraction }) => attraction.add(route)));
  }
  const attracted = ({ action, json }: PolicyRule): Attracted => {
    switch (action.kind) {
      case "lookup":
        return lookups.get(`${action.table} ${action.suppress}`)!.attraction.result();
      case "reject":
        return everythingManaged(wanted);
      case "goto":
        return action.preference > preference && !("unresolved" in json)
          ? everythingManaged(wanted)
          : NOTHING_ATTRACTED;
      case "pass":
      case "l3mdev":
        return NOTHING_ATTRACTED;
    }
  };
  return rules.map((rule) => [rule, attracted(rule)]);
}

/** What a table attracts of the packets that should go through the gateways, apart from its suppressed routes. */
export async function attractedByTable(
  table: number,
  suppress: number,
  wanted: readonly Route[],
  visitRoutes: VisitRoutes,
): Promise<Attracted> {
  const attraction = createAttraction(wanted, suppress);
  await visitRoutes(table, attraction.add);
  return attraction.result();
}

/** Those of the rules before ours that keep packets from the gateways, except rules whose packets an earlier rule has already decided. */
export async function readDiversions(
  rules: readonly PolicyRule[],
  wanted: readonly Route[],
  tableRef: TableRef,
  visitRoutes: VisitRoutes,
): Promise<RuleDiversion[]> {
  const all = await attractedBy(rules, wanted, tableRef, visitRoutes);
  const decided = new Set<string>(); // selectors whose packets are all decided about
  return all.flatMap(([rule, attracted]) => {
    if (attracted.networks.length === 0 || decided.has(rule.selector) || decided.has("")) return [];
    if (attracted.everything) decided.add(rule.selector);
    return { rule, ...attracted, extent: extentOf(rule, attracted, tableRef) };
  });
}

function extentOf(rule: PolicyRule, { everything }: Attracted, { selectors }: TableRef): RuleDiversion["extent"] {
  const { action } = rule;
  if (leadsTo(rule, MAIN_TABLE)) {
    const suppresses = action.kind === "lookup" && action.suppress !== undefined;
    if (needsMark(rule) || (suppresses && !everything)) return "bypass";
  }
  return everything && (rule.selector === "" || matchesAll(rule.json, selectors)) ? "all" : "some";
}

/** Whether a rule matches only packets with a mark. */
function needsMark({ json }: PolicyRule): boolean {
  return json.fwmark !== undefined && !("not" in json) && Number(json.fwmark) !== 0;
}
