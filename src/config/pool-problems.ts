import { FAMILIES } from "../net/address.ts";
import { KILL_SWITCH_SPAN, rejectTypeOf } from "../routing/kill-switch.ts";
import { isProbeMark, isProbeTable, PROBE_SPAN } from "../routing/probe-tables.ts";
import { LAST_PREFERENCE, SYSTEM_TABLES } from "../routing/tables.ts";
import { hex } from "../text/hex.ts";
import { selectorsInFamily } from "./families.ts";
import { type Config, type PoolConfig, probeTablesOf, type Selectors } from "./model.ts";
import { includes, isSameSelection } from "./pool-order.ts";

/** What is wrong with a pool beside others, or with its place. */
export interface PoolProblem {
  /** Its index. */
  readonly pool: number;
  /** The key that is to be changed; undefined where several are possible. */
  readonly key: "table" | "preference" | "mark" | undefined;
  readonly detail: string;
  readonly remedy: string;
}

/** Everything that keeps several pools with names from working beside each other. */
export function poolProblems(config: Config): PoolProblem[] {
  return config.pools.flatMap((pool, index) => [
    ...placeProblems(config, pool, index),
    ...config.pools.slice(0, index).flatMap((other) => problemsBetween(other, pool, index)),
  ]);
}

/** The first preference behind the rules of a pool. */
function endOf({ preference, whenNoGateways }: PoolConfig): number {
  return preference + (rejectTypeOf(whenNoGateways) === undefined ? 1 : KILL_SWITCH_SPAN);
}

function preferencesOf(pool: PoolConfig): string {
  const [first, last] = [pool.preference, endOf(pool) - 1];
  return first === last ? `the preference ${first}` : `the preferences ${first} to ${last}`;
}

function placeProblems(config: Config, pool: PoolConfig, index: number): PoolProblem[] {
  const { table, preference, selectors } = pool;
  const subject = `pool ${pool.name}`;
  const problem = (key: PoolProblem["key"], detail: string, remedy: string): PoolProblem => {
    return { pool: index, key, detail: `${subject}: ${detail}`, remedy };
  };
  const probes = probeTablesOf(config);
  const { mark } = selectors;
  return [
    ...(SYSTEM_TABLES.has(table) ? [problem("table", `the kernel uses table ${table} itself`, "choose another")] : []),
    ...(probes && isProbeTable(table, probes)
      ? [problem("table", `table ${table} is one of those for probes`, "choose another")]
      : []),
    ...(endOf(pool) - 1 > LAST_PREFERENCE
      ? [problem("preference", `it needs ${preferencesOf(pool)}, and ${LAST_PREFERENCE} is the last`, "lower it")]
      : []),
    ...(probes && preference < probes.preference + PROBE_SPAN
      ? [
          problem(
            "preference",
            `preference ${preference} does not come after the rules for probes, which end at ${probes.preference + PROBE_SPAN - 1}`,
            "raise it",
          ),
        ]
      : []),
    ...(mark && isProbeMark(mark.value, mark.mask)
      ? [problem("mark", `${hex(mark.value)} is a mark that probes may have`, "choose another, or add a mask")]
      : []),
  ];
}

/** The selectors of two pools in each family that both route, and how a message names it where that may be IPv6. */
function sharedFamilies(one: PoolConfig, other: PoolConfig): (readonly [Selectors, Selectors, of: string])[] {
  const mayBeIpv6 = [one, other].some((pool) => selectorsInFamily(pool, 6) !== undefined);
  return FAMILIES.flatMap((family) => {
    const [first, second] = [one, other].map((pool) => selectorsInFamily(pool, family));
    return first && second ? [[first, second, mayBeIpv6 ? ` of IPv${family}` : ""] as const] : [];
  });
}

/** @param other stands before the pool in the file */
function problemsBetween(other: PoolConfig, pool: PoolConfig, index: number): PoolProblem[] {
  const names = `pools ${other.name} and ${pool.name}`;
  const [before, after] = other.preference <= pool.preference ? [other, pool] : [pool, other];
  const overlap = after.preference < endOf(before);
  const same = sharedFamilies(other, pool).find(([one, another]) => isSameSelection(one, another));
  if (same !== undefined) {
    const [, , of] = same;
    const detail = `${names} are for the same packets${of}, so the second one is never used${of && " for these"}`;
    return [{ pool: index, key: undefined, detail, remedy: "give one of them other selectors (from, in, mark)" }];
  }
  const covered = sharedFamilies(before, after).find(([one, another]) => includes(one, another));
  return [
    ...(other.table === pool.table
      ? [
          {
            ...{ pool: index, key: "table" as const },
            detail: `${names} both have table ${pool.table}`,
            remedy: "give one of them another",
          },
        ]
      : []),
    ...(overlap
      ? [
          {
            ...{ pool: index, key: "preference" as const },
            detail: `${names} overlap: the first has ${preferencesOf(other)}, the second ${preferencesOf(pool)}`,
            remedy: `leave ${KILL_SWITCH_SPAN} or more between them`,
          },
        ]
      : []),
    ...(!overlap && covered
      ? [
          {
            ...{ pool: index, key: "preference" as const },
            detail: `pool ${after.name} (preference ${after.preference}) comes after pool ${before.name} (preference ${before.preference}), which has all its packets${covered[2]}`,
            remedy: `lower the preference of ${after.name}`,
          },
        ]
      : []),
  ];
}
