import { same } from "../config/difference.ts";
import { type Config, type PoolConfig, probeTablesOf } from "../config/model.ts";
import type { ControlLoop, Task } from "./control-loop.ts";

/*
 * What follows what at a reload: which loop goes on with which pool, which pool replaces which, and in which order pools
 * take their places.
 */

/** What the loop of each pool does after a reload; the one with the index `probesOwner` has the routes for probes. */
export function tasksOf(config: Config, former: Config, probesOwner: number): Task[] {
  const formerProbes = probeTablesOf(config) === undefined ? probeTablesOf(former) : undefined;
  return config.pools.map((pool, index) => {
    const hasProbes = index === probesOwner;
    return { config, pool, hasProbes, formerProbes: hasProbes ? formerProbes : undefined };
  });
}

/** A pool that stays, and where it is to be. */
interface Move {
  readonly loop: Pick<ControlLoop, "preference">;
  readonly task: { readonly pool: Pick<PoolConfig, "preference"> };
}

/**
 * The order in which pools get other preferences, so that none is asked before another one that was and will be asked before
 * it: those that go back begin with the last one, those that come forward with the first one.
 */
export function compareMoves(one: Move, other: Move): number {
  const [goesBack, otherGoesBack] = [one, other].map(({ loop, task }) => task.pool.preference > loop.preference);
  if (goesBack !== otherGoesBack) return goesBack ? -1 : 1;
  return goesBack ? other.loop.preference - one.loop.preference : one.loop.preference - other.loop.preference;
}

/** Which of the pools that leave a new one replaces: that with its name, or else one for the same packets. */
export function replacedBy({ task: { pool } }: ControlLoop, leaving: readonly ControlLoop[]): ControlLoop | undefined {
  const isForSamePackets = ({ task }: ControlLoop): boolean => same(task.pool.selectors, pool.selectors);
  return leaving.find(({ name }) => name === pool.name) ?? leaving.find(isForSamePackets);
}

/** What tells whether a loop can go on with a pool: what it cannot change. */
export function keyOf({ name = "", table }: { readonly name?: string | undefined; readonly table: number }): string {
  return `${table} ${name}`;
}
