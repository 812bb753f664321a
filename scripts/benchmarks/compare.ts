import type { Machine } from "./machine.ts";
import type { Column } from "./table.ts";

/** What `scripts/bench --json` writes: a result for each table. */
export interface Results {
  readonly results: readonly Result[];
}

/** The figures of one table. */
export interface Result {
  readonly benchmark: string;
  readonly title: string;
  readonly machine: Machine;
  /** As in 2026-11-27T12:00:00.000Z. */
  readonly measuredAt: string;
  /** Columns whose numbers are costs, in their order; all columns before the first of them tell rows apart. */
  readonly costs: Readonly<Record<string, NonNullable<Column["cost"]>>>;
  readonly rows: readonly Row[];
}

type Row = Readonly<Record<string, string | number>>;

/** A figure may be worse by this share before it is reported: runs on one machine differ by less. */
export const NOISE = 0.15;

/**
 * Compares the costs of a run with those of an earlier one. Times say something on the same processors only; memory also
 * where the machine is another one.
 *
 * @returns how many figures both runs have, and a sentence for each that is worse by more than 15 %
 */
export function compare(earlier: Results, now: Results): { readonly compared: number; readonly worse: string[] } {
  const pairs = now.results.flatMap((result) => {
    const before = earlier.results.find((one) => one.benchmark === result.benchmark && sameColumns(one, result));
    return before ? pairsOf(before, result) : [];
  });
  return { compared: pairs.length, worse: pairs.filter(isWorse).map(sentence) };
}

interface Pair {
  readonly what: string;
  readonly before: number;
  readonly now: number;
}

/** Tables are matched by their columns, since titles have numbers of runs in them. */
function sameColumns(one: Result, other: Result): boolean {
  return Object.keys(one.rows[0] ?? {}).join() === Object.keys(other.rows[0] ?? {}).join();
}

function pairsOf(before: Result, now: Result): Pair[] {
  const sameProcessors = (["cores", "processor"] as const).every((key) => before.machine[key] === now.machine[key]);
  const comparable = Object.entries(now.costs).filter(([, cost]) => sameProcessors || cost === "memory");
  const earlierRows = new Map(before.rows.map((row) => [keyOf(row, before), row]));
  return now.rows.flatMap((row) => {
    const key = keyOf(row, now);
    const earlier = earlierRows.get(key);
    if (earlier === undefined) return [];
    return comparable.map(([column]) => {
      return { what: `${now.benchmark}, ${key}: ${column}`, before: Number(earlier[column]), now: Number(row[column]) };
    });
  });
}

function keyOf(row: Row, { costs }: Result): string {
  const names = Object.keys(row);
  return names
    .slice(
      0,
      names.findIndex((name) => name in costs),
    )
    .map((name) => row[name])
    .join(", ");
}

function isWorse({ before, now }: Pair): boolean {
  return now > before * (1 + NOISE);
}

function sentence({ what, before, now }: Pair): string {
  const more = before > 0 ? ` (+${Math.round((now / before - 1) * 100)} %)` : "";
  return `${what} ${shown(now)} instead of ${shown(before)}${more}`;
}

function shown(value: number): string {
  return value === 0 ? "0" : value.toPrecision(3);
}
