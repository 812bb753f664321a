import { type PoolReadiness, readinessOf } from "../status/readiness.ts";
import { usableReport } from "../status/usable.ts";
import { quote } from "../text/escape.ts";
import { list } from "../text/list.ts";
import type { Handler } from "./handler.ts";
import { textResponse, reportResponse } from "./responses.ts";

/** Names of pools that an answer lists at most. */
const MOST_NAMES = 20;

/**
 * Answers whether traffic can rely on the service: whether the kernel holds what it should, and with `?usable` also whether
 * each pool has a usable gateway; with `pool=NAME`, which may be repeated, of these pools alone.
 */
export function createReadyz(pools: () => readonly PoolReadiness[]): Handler {
  return ({ url }) => {
    const { searchParams: query } = new URL(url);
    const all = pools();
    const names = query.getAll("pool");
    const unknown = names.find((name) => !all.some((pool) => pool.name === name));
    if (unknown !== undefined) return textResponse(404, unknownPool(unknown, all));
    const asked = names.length === 0 ? all : all.filter(({ name }) => names.includes(name!));
    const ready = readinessOf(asked);
    return reportResponse(ready.ok && query.has("usable") ? usableReport(asked.map(({ use }) => use)) : ready);
  };
}

function unknownPool(unknown: string, pools: readonly PoolReadiness[]): string {
  const names = pools.flatMap(({ name }) => name ?? []);
  const instead = names.length === 0 ? "the only pool has no name: leave pool= out" : `name ${list(names, MOST_NAMES)}`;
  return `no pool has the name ${quote(unknown)}; ${instead}`;
}
