import { baseOf, isKillSwitchRule } from "./kill-switch.ts";
import { isOurs } from "./plan.ts";
import type { Change, KillSwitchRule, LookupRule, ObservedRoute, ObservedRule, TableRef, Rule } from "./types.ts";
import { MAIN_TABLE, type TableRoute } from "./rule-lookup.ts";

/** Entries with our mark that are not of this instance: another one's, which runs or was killed. */
export type Orphan =
  /** What is in a table, and the rules that lead there. */
  | {
      readonly kind: "table";
      readonly table: number;
      readonly rules: readonly LookupRule[];
      readonly routes: readonly ObservedRoute[];
    }
  /** The rules that refuse, behind a look-up with this preference. */
  | { readonly kind: "guard"; readonly base: number; readonly rules: readonly KillSwitchRule[] };

const SYSTEM_TABLES: readonly number[] = [253, MAIN_TABLE, 255];

/**
 * Finds what is not this instance's. Guards come first, as they have to go before what they stand behind.
 *
 * @param routes all with our mark
 * @param own where the pools of this instance keep theirs
 */
export function groupOrphans(
  rules: readonly ObservedRule[],
  routes: readonly TableRoute[],
  own: readonly TableRef[],
): Orphan[] {
  const ownTables = own.map(({ table }) => table);
  const ownBases = own.map(({ preference }) => preference);
  const marked = rules.filter(isOurs);
  const lookups = marked.flatMap((rule) => (rule.kind === "lookup" ? rule : []));
  const guards = marked.filter(isKillSwitchRule);
  const bases = new Set(guards.flatMap((rule) => baseOf(rule) ?? []));
  const tables = new Set([...lookups, ...routes].map(({ table }) => table ?? MAIN_TABLE));
  return [
    ...[...bases]
      .filter((base) => !ownBases.includes(base))
      .map((base) => ({ kind: "guard" as const, base, rules: guards.filter((rule) => baseOf(rule) === base) })),
    ...[...tables]
      .filter((table) => !ownTables.includes(table) && !SYSTEM_TABLES.includes(table))
      .map((table) => ({
        kind: "table" as const,
        table,
        rules: lookups.filter((rule) => rule.table === table),
        routes: routes.filter((route) => route.table === table),
      })),
  ];
}

const ORDER: readonly Rule["kind"][] = ["reject", "goto", "nop", "lookup"];

/** What takes it away. Rules that refuse go before the ways past them; once no rule leads into a table, its routes have no order. */
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
