import { describeDiversion } from "../log/describe.ts";
import type { Diversion } from "../routing/diversions.ts";
import { list } from "../text/list.ts";
import type { Report } from "./schema.ts";

/** What a pool can carry now. */
export interface PoolUse {
  /** Undefined for the one pool without a name. */
  readonly name: string | undefined;
  /** How many gateways it has. */
  readonly gateways: number;
  /** How many of them packets can use now, in any family. */
  readonly usable: number;
  /** What another program has in place that keeps all packets of a family from its gateways. */
  readonly diversion?: Diversion | undefined;
}

/** Pools that a reason names at most. */
const MOST_POOLS = 3;

/**
 * The one decision whether these pools are usable, each of them: for `/readyz?usable`.
 *
 * @param least how many usable gateways each has to have
 */
export function usableReport(pools: readonly PoolUse[], least = 1): Report {
  const lacking = pools.filter(({ usable }) => usable < least);
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

function countText({ gateways, usable, diversion }: PoolUse, least: number): string {
  const few = usable > 0 && usable < least ? `, fewer than ${least}` : "";
  const why = usable < least && diversion ? `: ${describeDiversion(diversion)}` : "";
  const count = usable === 0 ? "no gateway is" : `${usable} of ${gateways} gateways ${usable === 1 ? "is" : "are"}`;
  return `${count} usable${few}${why}`;
}
