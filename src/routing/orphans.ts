import { baseOf, isKillSwitchRule } from "./kill-switch.ts";
import { isOurs } from "./entry.ts";
import type { Change, KillSwitchRule, LookupRule, ObservedRoute, ObservedRule, TableRef, Rule } from "./types.ts";
import { SYSTEM_TABLES } from "./tables.ts";

/** Entries with our protocol number that are not of this instance: of another one, which runs or was killed. */
export type Orphan =
  /** The routes of a table, and the rules that lead there. */
  | {
      readonly kind: "table";
      readonly table: number;
      readonly rules: readonly LookupRule[];
      readonly routes: readonly ObservedRoute[];
    }
  /** The rules of a kill switch, behind a look-up with this preference. */
  | { readonly kind: "kill-switch"; readonly base: number; readonly rules: readonly KillSwitchRule[] };

/**
 * Finds what is not of this instance. Kill switches come first, since they are removed before what they stand behind.
 *
 * @param routes all with our protocol number
 * @param own where the pools of this instance keep theirs
 */
export function groupOrphans(
  rules: readonly ObservedRule[],
  routes: readonly ObservedRoute[],
  own: readonly TableRef[],
): Orphan[] {
  const ownTables = own.map(({ table }) => table);
  const ownBases = own.map(({ preference }) => preference);
  const marked = rules.filter(isOurs);
  const lookups = marked.flatMap((rule) => (rule.kind === "lookup" ? rule : []));
  const killSwitches = marked.filter(isKillSwitchRule);
  const bases = new Set(killSwitches.flatMap((rule) => baseOf(rule) ?? []));
  const tables = new Set([...lookups, ...routes].map(({ table }) => table));
  return [
    ...[...bases]
      .filter((base) => !ownBases.includes(base))
      .map((base) => ({
        kind: "kill-switch" as const,
        base,
        rules: killSwitches.filter((rule) => baseOf(rule) === base),
      })),
    ...[...tables]
      .filter((table) => !ownTables.includes(table) && !SYSTEM_TABLES.has(table))
      .map((table) => ({
        kind: "table" as const,
        table,
        rules: lookups.filter((rule) => rule.table === table),
        routes: routes.filter((route) => route.table === table),
      })),
  ];
}

const ORDER: readonly Rule["kind"][] = ["reject", "goto", "nop", "lookup"];

/**
 * The changes that remove it: rejecting rules before those that let exclusions pass, then the rule into the table; once no
 * rule leads there, its routes can go in any order.
 */
export function removalOf(orphan: Orphan): Change[] {
  const rules = [...orphan.rules].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const routes = orphan.kind === "table" ? orphan.routes : [];
  return [
    ...rules.map((rule): Change => ({ op: "delete-rule", rule })),
    ...routes.map((route): Change => ({ op: "delete-route", route })),
  ];
}

/** Where it was found, for messages. */
export function orphanText(orphan: Orphan): string {
  return orphan.kind === "table" ? `table ${orphan.table}` : `the rules behind preference ${orphan.base}`;
}
