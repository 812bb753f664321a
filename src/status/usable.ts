import { describeDiversion } from "../log/describe.ts";
import type { Diversion } from "../routing/diversions.ts";
import type { Family } from "../net/address.ts";
import type { UsableCount } from "../routing/usable-gateways.ts";
import { familyName } from "../text/family.ts";
import { list } from "../text/list.ts";
import type { Report } from "./schema.ts";

/** What a pool can carry now: in the family that has the fewest usable gateways, where it routes both. */
export interface PoolUse {
  /** Undefined for the one pool without a name. */
  readonly name: string | undefined;
  /** How many gateways it has. */
  readonly gateways: number;
  /** How many of them packets can use now: see `usableAmong` (pool/select.ts). */
  readonly usable: number;
  /** The family that decides, where the two differ. */
  readonly family?: Family;
  /** How many it has to have (-usable-min); 1 by default. */
  readonly least?: number;
  /** Set until its first decision is in the kernel. */
  readonly isStarting?: true;
  /** What another program has in place that keeps all packets of a family from its gateways. */
  readonly diversion?: Diversion | undefined;
}

/** Pools that a reason names at most. */
const MOST_POOLS = 3;

/** What a pool has in one family. */
export interface FamilyUse extends UsableCount {
  readonly family: Family;
  readonly isStarting?: boolean;
}

/**
 * A pool by its families. The one with the fewest usable gateways decides: one without any is an outage for its packets,
 * while one with fewer than before only has less to choose from.
 *
 * @param families those that it routes
 */
export function useOf(
  { name, least, gateways }: Required<Pick<PoolUse, "name" | "least" | "gateways">>,
  families: readonly FamilyUse[],
): PoolUse {
  const [worst, ...others] = families.toSorted((one, other) => one.usable - other.usable);
  const { usable, total } = worst ?? { usable: 0, total: gateways };
  const differs = others.some((one) => one.usable !== usable || one.total !== total);
  return {
    ...{ name, gateways: total, usable, least },
    ...(worst && differs && { family: worst.family }),
    ...(families.some(({ isStarting }) => isStarting) && { isStarting: true }),
  };
}

/** The one decision whether a pool is usable. @param least how many usable gateways it has to have by default */
export function isUsable({ usable, least: own, isStarting }: PoolUse, least = 1): boolean {
  return !isStarting && usable >= (own ?? least);
}

/** Whether these pools are usable, each of them: for `/usable` and `/readyz?usable`. */
export function usableReport(pools: readonly PoolUse[], least = 1): Report {
  const lacking = pools.filter((pool) => !isUsable(pool, least));
  const shown = lacking.length > 0 ? lacking : pools;
  const ok = lacking.length === 0;
  return {
    ok,
    why: list(
      shown.map((pool) => poolText(pool, least)),
      MOST_POOLS,
    ),
  };
}

function poolText(pool: PoolUse, least: number): string {
  return pool.name === undefined ? countText(pool, least) : `pool ${pool.name}: ${countText(pool, least)}`;
}

function countText({ gateways, usable, family, diversion, isStarting, ...pool }: PoolUse, common: number): string {
  if (isStarting) return "the first round of probes is not complete";
  const least = pool.least ?? common;
  const few = usable > 0 && usable < least ? `, fewer than ${least}` : "";
  const why = usable < least && diversion ? `: ${describeDiversion(diversion)}` : "";
  const count = usable === 0 ? "no gateway is" : `${usable} of ${gateways} gateways ${usable === 1 ? "is" : "are"}`;
  const where = family === undefined ? "" : ` in ${familyName(family)}`;
  return `${count} usable${where}${few}${why}`;
}
