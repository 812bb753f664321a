import { endEarly } from "./flap-hold.ts";
import { choose, type Quorum } from "./quorum.ts";

/** What a pool knows of its gateways at one moment: all that a choice among them needs. */
export interface PoolState {
  /** All of them, in their order. */
  readonly gateways: readonly string[];
  /** Those that are up. */
  readonly healthy: ReadonlySet<string>;
  /** Healthy ones that flap, with the end of each hold in milliseconds of a steady clock. */
  readonly holds: ReadonlyMap<string, number>;
  /** Those that have been healthy and are not any more, in the order of their losses. */
  readonly lost: readonly string[];
  /** Those that are never used without being healthy: their packets come out where those of this router do. */
  readonly leaking?: ReadonlySet<string>;
}

/** Fewer gateways are healthy, and not held, than there should be. */
export interface Shortage extends Quorum {
  readonly healthy: number;
  readonly total: number;
}

/** Which gateways to use, as far as their health decides. */
export interface Selection {
  readonly used: readonly string[];
  /** Those of them that are not healthy: too few others are. */
  readonly kept: readonly string[];
  /** Healthy ones that are not used because they flap. */
  readonly held: readonly string[];
  /** Holds that end now, before their time: a hold never makes an outage, nor brings the number below the quorum. */
  readonly released: readonly string[];
  readonly shortage: Shortage | undefined;
}

/**
 * Chooses the gateways to use: those that are healthy and not held, and others by the policy of the quorum when those are
 * too few.
 *
 * @param unusable gateways that cannot be nexthops, so that they replace no other one
 */
export function selectGateways(
  { gateways, healthy, holds, lost, leaking = new Set() }: PoolState,
  quorum: Quorum,
  unusable: ReadonlySet<string>,
): Selection {
  const reachable = [...healthy].filter((gateway) => !unusable.has(gateway));
  const heldOnes = new Map([...holds].filter(([gateway]) => reachable.includes(gateway)));
  const missing = Math.max(1, quorum.least) - (reachable.length - heldOnes.size);
  const released = endEarly(heldOnes, missing);
  const held = gateways.filter((gateway) => holds.has(gateway) && !released.includes(gateway));
  const free = healthy.difference(new Set(held));
  const tight = (some: readonly string[]): string[] => some.filter((gateway) => !leaking.has(gateway));
  const { used, kept, short } = choose({ gateways: tight(gateways), healthy: free, lost: tight(lost) }, quorum);
  const shortage = short ? { ...quorum, healthy: free.size, total: gateways.length } : undefined;
  return { used, kept, held, released, shortage };
}
