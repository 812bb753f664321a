import type { ServiceEvent } from "./events.ts";

/**
 * Makes something for each pool, such as a listener.
 *
 * @returns finds what belongs to the pool of an event. An event of no pool has nothing where pools have names; the one pool
 * without a name gets those events as well.
 */
export function perPool<P extends { readonly name?: string | undefined }, T>(
  pools: readonly P[],
  make: (pool: P) => T,
): (event: ServiceEvent) => T | undefined {
  const made = new Map(pools.map((pool) => [pool.name, make(pool)]));
  return (event) => made.get("pool" in event ? event.pool : undefined);
}
