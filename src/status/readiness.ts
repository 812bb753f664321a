import type { Report } from "./schema.ts";
import type { PoolUse } from "./usable.ts";

/** What of a pool traffic depends on. */
export interface PoolReadiness {
  /** Undefined for the one pool without a name. */
  readonly name: string | undefined;
  /** Whether the kernel holds what it should. */
  readonly standing: Report;
  readonly use: PoolUse;
}

/** Ready is a service whose pools all have in the kernel what they should. The first that has not gives the reason. */
export function readinessOf(pools: readonly Pick<PoolReadiness, "name" | "standing">[]): Report {
  const { name, standing } = pools.find(({ standing: { ok } }) => !ok) ?? pools[0]!;
  return standing.ok || name === undefined ? standing : { ok: false, why: `pool ${name}: ${standing.why}` };
}
