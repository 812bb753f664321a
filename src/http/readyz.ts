import { type PoolReadiness, readinessOf } from "../status/readiness.ts";
import type { Report } from "../status/schema.ts";
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
  return aboutPools(pools, (asked, query) => {
    const ready = readinessOf(asked);
    return ready.ok && query.has("usable") ? usableOf(asked) : ready;
  });
}

/** Answers whether each pool has as many usable gateways as it needs, or of those alone that `pool=NAME` names. */
export function createUsable(pools: () => readonly PoolReadiness[]): Handler {
  return aboutPools(pools, usableOf);
}

function usableOf(pools: readonly PoolReadiness[]): Report {
  return usableReport(pools.map(({ use }) => use));
}

/** Answers about all pools, or about those that the request names. */
function aboutPools(
  pools: () => readonly PoolReadiness[],
  reportOn: (asked: readonly PoolReadiness[], query: URLSearchParams) => Report,
): Handler {
  return ({ url }) => {
    const { searchParams: query } = new URL(url);
    const all = pools();
    const names = query.getAll("pool");
    const unknown = names.find((name) => !all.some((pool) => pool.name === name));
    if (unknown !== undefined) return textResponse(404, unknownPool(unknown, all));
    const asked = names.length === 0 ? all : all.filter(({ name }) => names.includes(name!));
    return reportResponse(reportOn(asked, query));
  };
}

function unknownPool(unknown: string, pools: readonly PoolReadiness[]): string {
  const names = pools.flatMap(({ name }) => name ?? []);
  const instead = names.length === 0 ? "the only pool has no name: leave pool= out" : `name ${list(names, MOST_NAMES)}`;
  return `no pool has the name ${quote(unknown)}; ${instead}`;
}
