import { isProbeTable, MOST_PROBE_TABLES, PROBE_SPAN } from "../routing/probe-tables.ts";
import type { ProbeTables, TableRef } from "../routing/types.ts";
import { type HeldLock, type HeldLocks, readHeldLocks } from "./held-locks.ts";
import { type Lock, socketOf, take } from "./instance-lock.ts";

/** What another running instance has that this one needs, and its number there. */
export interface Overlap {
  /**
   * - `preference`, `table`, `mark`: the first of its own for probes
   * - `managed-table`: the table of its routes that carry traffic
   * - `rule`: the preference of its rule into that table, which would lead probes to its gateways
   */
  readonly what: "preference" | "table" | "mark" | "managed-table" | "rule";
  readonly value: number;
  /** Who has it; undefined where it has left just now. */
  readonly held: HeldLock | undefined;
}

/**
 * Locks the preferences, the tables and the marks for probes. Two instances need different ones of each: the rules of one
 * would lead past those of the other, the routes of one would be removed as leftovers of the other, and the probes of one
 * would go through the gateways of the other.
 *
 * @param onAsked called when a service that starts asks for them; undefined to deny it
 */
export function lockProbes(tables: ProbeTables, onAsked?: () => void): Lock | { readonly overlap: Overlap } {
  const { preference, table, mark } = tables;
  const own = [
    ["preference", preference, socketOf.probes(preference)],
    ["table", table, socketOf.probeTables(table)],
    ["mark", mark, socketOf.probeMark(mark)],
  ] as const;
  const locks: Lock[] = [];
  const release = (): void => locks.forEach((lock) => lock.release());
  const decline = (overlap: Overlap): { overlap: Overlap } => {
    release();
    return { overlap };
  };
  for (const [what, value, name] of own) {
    const lock = take(name, onAsked);
    if (!lock) return decline({ what, value, held: readHeldLocks().of(name) });
    locks.push(lock);
  }
  const overlap = overlapWith(tables, readHeldLocks());
  return overlap ? decline(overlap) : { release, despite: locks.flatMap(({ despite = [] }) => despite) };
}

/** To be called with the own locks taken: of two instances that start at once, at least one then finds the other. */
function overlapWith({ preference, table, mark }: ProbeTables, held: HeldLocks): Overlap | undefined {
  const tables = { preference, table, mark };
  const isNear = (one: number): boolean => one !== preference && Math.abs(one - preference) < PROBE_SPAN;
  const isInRange = (one: number): boolean => one !== table && Math.abs(one - table) < MOST_PROBE_TABLES;
  const isBefore = (one: number): boolean => one < preference + PROBE_SPAN;
  const checks = [
    ["preference", held.find(socketOf.probes, isNear)],
    ["table", held.find(socketOf.probeTables, isInRange)],
    ["managed-table", held.find(socketOf.table, (one) => isProbeTable(one, tables))],
    ["rule", held.find(socketOf.rule, isBefore) ?? held.find(socketOf.killSwitch, isBefore)],
  ] as const;
  return checks.flatMap(([what, found]) => (found ? { what, value: found.value, held: found } : []))[0];
}

/**
 * Finds what a running instance has for probes where a table is, or among and behind the preference of the rule into it. To
 * be called with the own locks taken.
 */
export function probesAmong({ table, preference }: TableRef): Overlap | undefined {
  const held = readHeldLocks();
  const first = held.find(socketOf.probeTables, (one) => isTableFrom(one, table));
  if (first) return { what: "table", value: first.value, held: first };
  const base = held.find(socketOf.probes, (one) => one + PROBE_SPAN > preference);
  return base && { what: "preference", value: base.value, held: base };
}

/** Those of these tables that running instances have for probes. */
export function probeTablesAmong(tables: readonly number[]): ReadonlySet<number> {
  const firsts = readHeldLocks().values(socketOf.probeTables);
  return new Set(tables.filter((table) => firsts.some((first) => isTableFrom(first, table))));
}

function isTableFrom(first: number, table: number): boolean {
  return isProbeTable(table, { table: first, preference: 0, mark: 0 });
}
