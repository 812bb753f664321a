import { same } from "../config/difference.ts";
import { sidesOf } from "../config/families.ts";
import { type Config, type PoolConfig, probeTablesOf } from "../config/model.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import type { ControlLoop, Task } from "./control-loop.ts";

/*
 * What follows what at a reload: which loop goes on with which pool, which pool replaces which, and in which order pools
 * take their places.
 */

/** A task, and of which family. */
export type FamilyTask = Task & { readonly family: Family };

/** What the loops of a configuration do: for each pool one in each family that it routes or rejects, IPv4 first. */
export function tasksOf(config: Config): FamilyTask[] {
  return config.pools.flatMap(sidesOf).map((side) => ({ ...side, config, hasProbes: false }));
}

/**
 * The same, with the routes for probes: in each family one loop has them.
 *
 * @param had whether the loop of a task had them until now; else the first one gets them
 * @param former the configuration until now, whose probes may have left routes
 */
export function withProbes(
  tasks: readonly FamilyTask[],
  had: (task: FamilyTask) => boolean = () => false,
  former?: Config,
): FamilyTask[] {
  const owners = FAMILIES.map((family) => {
    const own = tasks.filter((task) => task.family === family);
    const routing = own.filter(routes);
    return routing.find(had) ?? routing[0] ?? own.find(had);
  });
  return tasks.map((task) => {
    if (!owners.includes(task)) return task;
    const isLeft = former !== undefined && (!routes(task) || probeTablesOf(task.config) === undefined);
    return { ...task, hasProbes: true, formerProbes: isLeft ? probeTablesOf(former) : undefined };
  });
}

/** Whether a task has gateways: one that only rejects packets sends no probes. */
function routes({ pool }: Pick<Task, "pool">): boolean {
  return pool.members.length > 0;
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
export function replacedBy(
  { family, task: { pool } }: ControlLoop,
  leaving: readonly ControlLoop[],
): ControlLoop | undefined {
  const others = leaving.filter((loop) => loop.family === family);
  const isForSamePackets = ({ task }: ControlLoop): boolean => same(task.pool.selectors, pool.selectors);
  return others.find(({ name }) => name === pool.name) ?? others.find(isForSamePackets);
}

/** What tells whether a loop can go on with a task: what it cannot change. */
export function keyOf({ family, pool: { name = "", table } }: Pick<FamilyTask, "family" | "pool">): string {
  return `${family} ${table} ${name}`;
}
