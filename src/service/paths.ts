import { looksUpThrough, type PoolConfig, probeTablesOf } from "../config/parse.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { findUnsupported } from "../probe/socket/marked-socket.ts";
import { pathsThrough } from "../routing/probe-routes.ts";

/** The path through each gateway of a pool, for look-ups of public addresses; undefined where these take none. */
export function lookUpPaths(pool: PoolConfig): ReadonlyMap<string, GatewayPath> | undefined {
  return looksUpThrough(pool) ? pathsThrough(probeTablesOf(pool)!, pool.gateways) : undefined;
}

/** What follows where packets cannot be marked: the pool as it can be served then, and what to warn of. */
export interface Unmarked {
  readonly pool: PoolConfig;
  readonly detail: string;
  readonly remedy: string;
}

/** Whether look-ups through the gateways of a pool need marks that this process cannot give; undefined where all is well. */
export function withoutMarks(pool: PoolConfig): Unmarked | undefined {
  const why = looksUpThrough(pool) ? findUnsupported(["tcp"]) : undefined;
  if (why === undefined) return undefined;
  const count = pool.gateways.length;
  const subject = `-public-ip-service-hostname ${pool.publicIpServiceHostname}`;
  const what =
    "every look-up takes the usual routes, so the service reports the address of whichever gateway carries that connection";
  return {
    pool: { ...pool, unmarked: true },
    detail: `${subject} with ${count} ${count === 1 ? "gateway" : "gateways"}: ${why.detail}; ${what}, and the records will be wrong and change`,
    remedy: `${why.remedy}; or leave the flag out, so that each gateway is asked for its own address`,
  };
}
