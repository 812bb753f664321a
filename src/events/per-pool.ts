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

/** What the change of a gateway means in each pool with a name that has it: the same event, with the counts of that pool. */
export function inEachPool(event: ServiceEvent): readonly ServiceEvent[] {
  if (event.type !== "gateway" || event.pools === undefined) return [];
  const { pools, ...change } = event;
  return pools.map((counts) => ({ ...change, ...counts }));
}

/** Whether pools have names: events of gateways, which pools share, then belong to no pool. */
export function haveNames(pools: readonly { readonly name?: string | undefined }[]): boolean {
  return pools.some(({ name }) => name !== undefined);
}
