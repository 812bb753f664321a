import { endEarly } from "./flap-hold.ts";
import { type Candidates, type Choice, choose, type Quorum } from "./quorum.ts";
import {
  chooseTier,
  countTiers,
  isIn,
  NO_TIER_YET,
  type TierChoice,
  type TierCount,
  type TierRules,
  type TierState,
  tiersIn,
} from "./tiers.ts";

/** What a pool knows of its gateways at one moment: all that a choice among them needs. */
export interface PoolState {
  /** All of them, in their order. */
  readonly gateways: readonly string[];
  /** Those that are up. */
  readonly healthy: ReadonlySet<string>;
  /** Healthy ones that flap, with the end of each hold in milliseconds of a steady clock. */
  readonly holds: ReadonlyMap<string, number>;
  /** Those that have been healthy and no longer are, in the order of their losses. */
  readonly lost: readonly string[];
  /** Those that are never used without being healthy: their packets come out where those of this router do. */
  readonly leaking?: ReadonlySet<string>;
  /** What is remembered of the tiers; undefined where there are none, and before the first choice among them. */
  readonly tiers?: TierState;
  /** Those that are taken out for maintenance: never used, whatever the others do. */
  readonly drained?: ReadonlySet<string>;
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
  /** Healthy ones that are not used because their tier is not; none where there are no tiers. */
  readonly standby: readonly string[];
  /** Healthy ones that are not used because they are drained; left out where there are none. */
  readonly drained?: readonly string[];
  /** Undefined where there are no tiers. */
  readonly tiers?: TierSelection | undefined;
}

/** Which tier is in use, and why. */
export interface TierSelection extends TierChoice {
  /** All tiers, the best one first. */
  readonly counts: readonly TierCount[];
}

/**
 * Chooses the gateways to use: those that are healthy and not held, and others by the policy of the quorum when those are
 * too few. A drained gateway is none of them: as if the pool did not have it, also for the quorum.
 *
 * With tiers, only gateways of the tier in use are used. The quorum counts those of all tiers, and its policy adds gateways
 * of the tier in use; only while no gateway of any tier is usable, it goes through the other tiers until one has some to
 * add that can be nexthops. A hold does not end early because a tier has too few: another tier is there for that.
 *
 * @param unusable gateways that cannot be nexthops, so that they replace no other one
 * @param rules undefined where all gateways are of one tier
 */
export function selectGateways(
  state: PoolState,
  quorum: Quorum,
  unusable: ReadonlySet<string>,
  rules?: TierRules,
): Selection {
  const { gateways, healthy, holds, lost, leaking = new Set() } = withoutDrained(state);
  const reachable = [...healthy].filter((gateway) => !unusable.has(gateway));
  const heldOnes = new Map([...holds].filter(([gateway]) => reachable.includes(gateway)));
  const missing = Math.max(1, quorum.least) - (reachable.length - heldOnes.size);
  const released = endEarly(heldOnes, missing);
  const held = gateways.filter((gateway) => holds.has(gateway) && !released.includes(gateway));
  const free = healthy.difference(new Set(held));
  const usable = usableAmong(state, held, unusable);
  const tight = (some: readonly string[]): string[] => some.filter((gateway) => !leaking.has(gateway));
  const candidates = { gateways: tight(gateways), healthy: free, lost: tight(lost) };
  const { used, kept, short, ...rest } = rules
    ? chooseWithin(rules, {
        ...candidates,
        quorum,
        usable,
        unusable,
        memory: state.tiers ?? NO_TIER_YET,
      })
    : { ...choose(candidates, quorum), standby: [] };
  const shortage = short ? { ...quorum, healthy: free.size, total: gateways.length } : undefined;
  const drained = [...(state.drained ?? [])].filter((gateway) => state.healthy.has(gateway));
  return { used, kept, held, released, shortage, ...rest, ...(drained.length > 0 && { drained }) };
}

/**
 * The usable gateways of a pool: those that carry traffic, or could at once. Such a gateway
 *
 * - is up: its probers succeed as the configuration requires, and it does not leak (a leak counts as down);
 * - is not drained;
 * - is not held because it flaps; a hold that has ended early, since no other gateway was left, is none;
 * - can be a nexthop: the kernel accepts it, and the interface that leads there has a carrier.
 *
 * One of a tier that is not in use is usable. One that is used although it is down, since too few others are up, is not.
 *
 * @param held those that are held after the choice among them
 * @param unusable those that cannot be nexthops
 */
export function usableAmong(
  { healthy, drained = new Set() }: Pick<PoolState, "healthy" | "drained">,
  held: readonly string[],
  unusable: ReadonlySet<string>,
): ReadonlySet<string> {
  return healthy.difference(drained).difference(new Set(held)).difference(unusable);
}

/** The state of a pool that does not have its drained gateways. */
function withoutDrained(state: PoolState): PoolState {
  const { gateways, healthy, holds, lost, drained } = state;
  if (drained === undefined || drained.size === 0) return state;
  const others = (some: readonly string[]): string[] => some.filter((gateway) => !drained.has(gateway));
  return {
    ...state,
    gateways: others(gateways),
    healthy: healthy.difference(drained),
    holds: new Map([...holds].filter(([gateway]) => !drained.has(gateway))),
    lost: others(lost),
  };
}

/** What there is to choose from where there are tiers. */
interface TierCandidates extends Candidates {
  readonly quorum: Quorum;
  /** Healthy gateways that are not held and can be nexthops. */
  readonly usable: ReadonlySet<string>;
  /** Those that cannot be nexthops. */
  readonly unusable: ReadonlySet<string>;
  readonly memory: TierState;
}

function chooseWithin(
  rules: TierRules,
  { gateways, healthy, lost, quorum, usable, unusable, memory }: TierCandidates,
): Choice & Pick<Selection, "standby" | "tiers"> {
  const choice = chooseTier(rules, usable, memory);
  const isHere = (gateway: string, tier: number | undefined): boolean =>
    tier !== undefined && isIn(rules, gateway, tier);
  const within = (tier: number | undefined): Choice => {
    const here = (some: Iterable<string>): string[] => [...some].filter((gateway) => isHere(gateway, tier));
    return choose(
      { gateways: here(gateways), healthy: new Set(here(healthy)), lost: here(lost) },
      quorum,
      healthy.size,
    );
  };
  const others = usable.size === 0 ? tiersIn(rules) : [];
  const adds = (tier: number | undefined): boolean => within(tier).kept.some((gateway) => !unusable.has(gateway));
  const inUse = [choice.inUse, ...others].find(adds) ?? choice.inUse;
  return {
    ...within(inUse),
    standby: [...healthy].filter((gateway) => !isHere(gateway, inUse)),
    tiers: { ...choice, inUse, counts: countTiers(rules, usable) },
  };
}
