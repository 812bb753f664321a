import type { Family } from "../net/address.ts";
import { METRICS } from "./desired.ts";
import { baseOf, isKillSwitchRule } from "./kill-switch.ts";
import { isOurs } from "./entry.ts";
import { tableOfId } from "./nexthop-ids.ts";
import { isProbeRule, isProbeTable, probeBaseOf, probeBasesOf } from "./probe-tables.ts";
import type {
  Change,
  KillSwitchRule,
  LookupRule,
  NexthopObject,
  ObservedRoute,
  ObservedRule,
  PoolPlaces,
  ProbeRule,
  Rule,
} from "./types.ts";
import { MAIN_TABLE, SYSTEM_TABLES } from "./tables.ts";

/** Entries with our protocol number that are not of this instance: of another one, which runs or was killed. */
export type Orphan =
  /** The routes of a table, the rules that lead there, and its nexthop objects. */
  | {
      readonly kind: "table";
      readonly table: number;
      readonly rules: readonly LookupRule[];
      readonly routes: readonly ObservedRoute[];
      /** None for IPv4. */
      readonly nexthops?: readonly NexthopObject[];
    }
  /** The rules of a kill switch, behind a look-up with this preference. */
  | { readonly kind: "kill-switch"; readonly base: number; readonly rules: readonly KillSwitchRule[] }
  /** Markers in the main table, of the pool with this table. */
  | {
      readonly kind: "markers";
      readonly table: number;
      readonly rules: readonly never[];
      readonly routes: readonly ObservedRoute[];
    }
  /** The rules for probes from this preference on, and the routes of the tables to which they lead. */
  | {
      readonly kind: "probes";
      readonly base: number;
      readonly rules: readonly ProbeRule[];
      readonly routes: readonly ObservedRoute[];
    };

/**
 * Finds what is not of this instance: also entries of one family in places of pools that route the other one alone, which
 * an earlier run has left. Kill switches come first, since they are removed before what they stand behind.
 *
 * @param routes all with our protocol number
 * @param own where the pools of this instance keep theirs
 * @param nexthops all with our protocol number and ids of ours
 */
export function groupOrphans(
  rules: readonly ObservedRule[],
  routes: readonly ObservedRoute[],
  own: readonly PoolPlaces[],
  nexthops: readonly NexthopObject[] = [],
): Orphan[] {
  const ownIn = (family: Family) => own.filter((one) => (one.family ?? family) === family);
  const isElsewhere = ({ family, table }: Placed): boolean => !isPlaceOf(ownIn(family), table);
  const others = routes.filter(isElsewhere);
  const ours = rules.filter(isOurs);
  const marked = ours.filter(
    (rule) => !ownIn(rule.family).some(({ probes }) => probes?.preference === probeBaseOf(rule)),
  );
  const probes = [...probeBasesOf(marked)].map((base) => probesAt(base, marked, others));
  const killSwitches = ours
    .filter(isKillSwitchRule)
    .filter((rule) => !ownIn(rule.family).some(({ tableRef }) => tableRef.preference === baseOf(rule)));
  const bases = new Set(killSwitches.flatMap((rule) => baseOf(rule) ?? []));
  const lookups = ours.flatMap((rule) => (rule.kind === "lookup" && isElsewhere(rule) ? rule : []));
  const probed = new Set(probes.flatMap((one) => one.routes.map(({ table }) => table)));
  const unused = nexthops.filter(({ id }) => isElsewhere({ family: 6, table: tableOfId(id) }));
  const objects = Map.groupBy(unused, ({ id }) => tableOfId(id));
  const tables = new Set([...[...lookups, ...others].map(({ table }) => table), ...objects.keys()]);
  return [
    ...markersAmong(others, ownIn),
    ...[...bases].map((base) => ({
      kind: "kill-switch" as const,
      base,
      rules: killSwitches.filter((rule) => baseOf(rule) === base),
    })),
    ...probes,
    ...[...tables]
      .filter((table) => !probed.has(table) && !SYSTEM_TABLES.has(table))
      .map((table) => ({
        kind: "table" as const,
        table,
        rules: lookups.filter((rule) => rule.table === table),
        routes: others.filter((route) => route.table === table),
        ...(objects.has(table) && { nexthops: objects.get(table)! }),
      })),
  ];
}

/** Markers of pools that are not of this instance, or have none any more. */
function markersAmong(routes: readonly ObservedRoute[], ownIn: (family: Family) => readonly PoolPlaces[]): Orphan[] {
  const left = routes.filter(({ family, type, table, metric }) => {
    const isKept = ownIn(family).some(({ tableRef, markers }) => markers && tableRef.table === metric);
    return table === MAIN_TABLE && type === "blackhole" && metric !== METRICS[family] && !isKept;
  });
  const ofTable = Map.groupBy(left, ({ metric }) => metric);
  return [...ofTable].map(([table, own]) => ({ kind: "markers", table, rules: [], routes: own }));
}

/** An entry of one family that is in a table, or leads there. */
type Placed = Pick<LookupRule, "family" | "table">;

/** Whether a table is one of these pools, or of their probes. */
export function isPlaceOf(own: readonly PoolPlaces[], table: number): boolean {
  return own.some(({ tableRef, probes }) => table === tableRef.table || (probes && isProbeTable(table, probes)));
}

/** The rules for probes at these preferences, and the routes of the tables to which they lead. */
function probesAt(base: number, marked: readonly ObservedRule[], routes: readonly ObservedRoute[]) {
  const rules = marked.flatMap((rule) => (isProbeRule(rule, base) ? rule : []));
  const tables = new Set(rules.flatMap((rule) => ("table" in rule && rule.table !== MAIN_TABLE ? rule.table : [])));
  return { kind: "probes" as const, base, rules, routes: routes.filter(({ table }) => tables.has(table)) };
}

const ORDER: readonly Rule["kind"][] = ["reject", "goto", "answer", "mark", "unmarked", "stray", "nop", "lookup"];

/**
 * The changes that remove it: rejecting rules before those that let exclusions pass, then the rule into the table; once no
 * rule leads there, its routes can go in any order, and then nexthop objects, groups first. Probes are rejected as long as
 * there is a rule for them.
 */
export function removalOf(orphan: Orphan): Change[] {
  const rules = [...orphan.rules].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const routes = orphan.kind === "kill-switch" ? [] : orphan.routes;
  const { nexthops = [] } = orphan.kind === "table" ? orphan : {};
  const objects = [
    ...nexthops.filter(({ kind }) => kind === "group"),
    ...nexthops.filter(({ kind }) => kind === "slot"),
  ];
  return [
    ...rules.map((rule): Change => ({ op: "delete-rule", rule })),
    ...routes.map((route): Change => ({ op: "delete-route", route })),
    ...objects.map((nexthop): Change => ({ op: "delete-nexthop", nexthop })),
  ];
}

/** Where it was found, for messages. */
export function orphanText(orphan: Orphan): string {
  switch (orphan.kind) {
    case "table":
      return `table ${orphan.table}`;
    case "markers":
      return `the main table, as markers of table ${orphan.table}`;
    case "kill-switch":
      return `the rules behind preference ${orphan.base}`;
    case "probes":
      return `the rules and routes for probes from preference ${orphan.base} on`;
  }
}
