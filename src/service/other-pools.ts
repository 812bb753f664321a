import { type Cidr } from "../net/cidr.ts";
import type { TargetUse } from "../routing/probe-answers.ts";
import type { OtherPools } from "../routing/reconciler-options.ts";
import { steadyNow } from "../time/clock.ts";

/** All pools read the kernel together so often without a reason: silent losses exist. */
const PERIOD_MS = 15_000;

/** What one pool shares with the others, as long as there is the pool. */
export interface SharedPool extends OtherPools {
  leave(): void;
}

/**
 * What pools of one instance share: the moments at which they read the kernel without a reason, and what they do with
 * packets to targets of probes.
 *
 * @param targets all targets of probes now, as far as their addresses are known
 * @param onChange called when a pool does something else with them than before
 * @returns what another pool shares with the others
 */
export function createOtherPools(targets: () => readonly Cidr[], onChange: () => void): () => SharedPool {
  const start = steadyNow();
  const uses = new Map<SharedPool, TargetUse>();
  return () => {
    const pool: SharedPool = {
      get targets() {
        return targets();
      },
      publish(now) {
        const before = uses.get(pool);
        uses.set(pool, now);
        if (!before || JSON.stringify(now) !== JSON.stringify(before)) onChange();
      },
      uses() {
        return [...uses].flatMap(([other, use]) => (other === pool ? [] : use));
      },
      untilSlowLook() {
        const left = PERIOD_MS - ((steadyNow() - start) % PERIOD_MS);
        return left < PERIOD_MS / 2 ? left + PERIOD_MS : left;
      },
      leave() {
        if (uses.delete(pool)) onChange();
      },
    };
    return pool;
  };
}
