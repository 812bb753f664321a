import { readFileSync } from "node:fs";

import { isProbeTable, MOST_PROBE_TABLES, PROBE_SPAN } from "../routing/probe-tables.ts";
import type { ProbeTables, TableRef } from "../routing/types.ts";
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
    ["preference", preference, take(socketOf.probes(preference), onAsked)],
    ["table", table, take(socketOf.probeTables(table), onAsked)],
    ["mark", mark, take(socketOf.probeMark(mark), onAsked)],
  ] as const;
  const release = (): void => own.forEach(([, , lock]) => lock?.release());
  const same = own.find(([, , lock]) => lock === undefined);
  const overlap = same ? { what: same[0], value: same[1] } : overlapWith(tables);
  if (overlap === undefined) return { release };
  release();
  return { overlap };
}

/** To be called with the own locks taken: of two instances that start at once, at least one then finds the other. */
function overlapWith({ preference, table, mark }: ProbeTables): Overlap | undefined {
  const tables = { preference, table, mark };
  const isNear = (one: number): boolean => one !== preference && Math.abs(one - preference) < PROBE_SPAN;
  const isInRange = (one: number): boolean => one !== table && Math.abs(one - table) < MOST_PROBE_TABLES;
  const isBefore = (one: number): boolean => one < preference + PROBE_SPAN;
  const held = readHeld();
  const checks = [
    ["preference", held(socketOf.probes).find(isNear)],
    ["table", held(socketOf.probeTables).find(isInRange)],
    ["managed-table", held(socketOf.table).find((one) => isProbeTable(one, tables))],
    ["rule", [...held(socketOf.rule), ...held(socketOf.killSwitch)].find(isBefore)],
  ] as const;
  return checks.flatMap(([what, value]) => (value === undefined ? [] : { what, value }))[0];
}

/**
 * Finds what a running instance has for probes where a table is, or among and behind the preference of the rule into it. To
 * be called with the own locks taken.
 */
export function probesAmong({ table, preference }: TableRef): Overlap | undefined {
  const held = readHeld();
  const first = firstTableAround(held(socketOf.probeTables), table);
  if (first !== undefined) return { what: "table", value: first };
  const base = held(socketOf.probes).find((one) => one + PROBE_SPAN > preference);
  return base === undefined ? undefined : { what: "preference", value: base };
}

/** Those of these tables that running instances have for probes. */
export function probeTablesAmong(tables: readonly number[]): ReadonlySet<number> {
  const firsts = readHeld()(socketOf.probeTables);
  return new Set(tables.filter((table) => firstTableAround(firsts, table) !== undefined));
}

function firstTableAround(firsts: readonly number[], table: number): number | undefined {
  return firsts.find((first) => isProbeTable(table, { table: first, preference: 0, mark: 0 }));
}

/** Reads the locks of all instances in this network namespace; returns the numbers of those with one kind of name. */
function readHeld(): (name: (value: number) => string) => number[] {
  const text = readSockets();
  return (name) => {
    const prefix = ` @${name(0).slice(1, -1)}`;
    const lines = text.split("\n").filter((line) => line.includes(prefix));
    return [...new Set(lines.map((line) => Number(line.slice(line.lastIndexOf("/") + 1))))];
  };
}

/** Abstract sockets begin with `@` there (unix(7)). */
function readSockets(): string {
  try {
    return readFileSync("/proc/self/net/unix", "utf8");
  } catch {
    return ""; // hidden: only equal numbers are noticed
  }
}
