import { type Cidr, formatCidr } from "../net/cidr.ts";
import type { OtherPools } from "../routing/reconciler.ts";
import { steadyNow } from "../time/clock.ts";

/** All pools read the kernel together so often without a reason: silent losses exist. */
const PERIOD_MS = 15_000;

/** What one pool shares with the others, as long as there is the pool. */
export interface SharedPool extends OtherPools {
  leave(): void;
}

/**
 * What pools of one instance share: the moments at which they read the kernel without a reason, and the targets of probes
 * to which they reject packets.
 *
 * @param targets all targets of probes now, as far as their addresses are known
 * @param onRejected called when the pools reject packets to other targets than before
 * @returns what another pool shares with the others
 */
export function createOtherPools(targets: () => readonly Cidr[], onRejected: () => void): () => SharedPool {
  const start = steadyNow();
  const rejected = new Map<SharedPool, readonly Cidr[]>();
  return () => {
    const pool: SharedPool = {
      get targets() {
        return targets();
      },
      publish(now) {
        const before = (rejected.get(pool) ?? []).map(formatCidr).join();
        rejected.set(pool, now);
        if (now.map(formatCidr).join() !== before) onRejected();
      },
      rejected() {
        const all = [...rejected].flatMap(([other, some]) => (other === pool ? [] : some));
        return [...new Map(all.map((one) => [formatCidr(one), one])).values()];
      },
      untilSlowLook() {
        const left = PERIOD_MS - ((steadyNow() - start) % PERIOD_MS);
        return left < PERIOD_MS / 2 ? left + PERIOD_MS : left;
      },
      leave() {
        if (rejected.delete(pool)) onRejected();
      },
    };
    return pool;
  };
}
