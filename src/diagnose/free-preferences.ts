import { isOurs } from "../routing/entry.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";

/** Rules that stand at preferences in a row: those of a pool, or those for probes. */
export interface PlacedRules {
  /** The pool; undefined for its only one, and for probes. */
  readonly name?: string | undefined;
  readonly kind: "probes" | "pool";
  /** The first one. */
  readonly preference: number;
  /** How many. */
  readonly span: number;
}

/** The same with another first preference. */
export interface Move {
  readonly rules: PlacedRules;
  readonly to: number;
}

/**
 * How rules come before another one while they keep their order: the last ones of them that have to move, each to the greatest
 * preferences that are free. Undefined where there is no room.
 *
 * @param limit the preference that is to come after them
 * @param chain all of them, in their order
 * @param rules all that there are
 */
export function movesBefore(
  limit: number,
  chain: readonly PlacedRules[],
  rules: readonly PolicyRule[],
): readonly Move[] | undefined {
  const isIn = ({ preference }: PolicyRule, { preference: first, span }: PlacedRules): boolean =>
    preference >= first && preference < first + span;
  const others = rules.filter((rule) => !isOurs(rule) || !chain.some((one) => isIn(rule, one)));
  const taken = new Set(others.map(({ preference }) => preference));
  const first = chain.findIndex(({ preference }) => preference >= limit);
  for (let from = first < 0 ? chain.length - 1 : first; from >= 0; from--) {
    const before = chain[from - 1];
    const least = before === undefined ? 1 : before.preference + before.span;
    const moves = fit(chain.slice(from), least, limit, taken);
    if (moves !== undefined) return moves;
  }
  return undefined;
}

function fit(
  chain: readonly PlacedRules[],
  least: number,
  limit: number,
  taken: ReadonlySet<number>,
): readonly Move[] | undefined {
  const moves: Move[] = [];
  let end = limit;
  for (const rules of chain.toReversed()) {
    const to = greatestFree(rules.span, least, end, taken);
    if (to === undefined) return undefined;
    moves.unshift({ rules, to });
    end = to;
  }
  return moves;
}

/** The greatest preference before another one from which on so many are free. */
function greatestFree(span: number, least: number, end: number, taken: ReadonlySet<number>): number | undefined {
  for (let first = end - span; first >= least; first--) {
    let count = 0;
    while (count < span && !taken.has(first + count)) count++;
    if (count === span) return first;
  }
  return undefined;
}

/** The last preference of some rules. */
export function lastOf(chain: readonly PlacedRules[]): number {
  return Math.max(...chain.map(({ preference, span }) => preference + span - 1));
}
