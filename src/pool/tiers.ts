/** What the next tier does while one has too few usable gateways: it takes its place, or carries traffic beside it. */
export const TIER_SHORTAGES = ["replace", "join"] as const;

/** The tiers of a pool that has several, and when which of them carries the traffic. */
export interface TierRules {
  /** The tier of each gateway; the lowest number comes first. */
  readonly of: ReadonlyMap<string, number>;
  /** How many usable gateways are enough for a tier; 1 or more. */
  readonly least: number;
  readonly shortage: (typeof TIER_SHORTAGES)[number];
  /** How long a better tier has to have enough without interruption before traffic returns to it, in milliseconds. */
  readonly failbackDelay: number;
}

/** What a choice among the tiers leaves to the next one. Times are milliseconds of a steady clock. */
export interface TierMemory {
  /** The tier that carries the traffic; with `join` together with those before it. Undefined before the first choice. */
  readonly inUse: number | undefined;
  /** Since when each better one has been fit to carry it. */
  readonly fitSince: ReadonlyMap<number, number>;
  /** Whether a tier has enough usable gateways. Otherwise all with any are fit. */
  readonly hasEnough: boolean;
}

/** The same at the moment of the next choice. */
export interface TierState extends TierMemory {
  readonly now: number;
}

export interface TierChoice extends TierMemory {
  /** When traffic returns to a better tier, unless that gets too few usable gateways before. */
  readonly failback: { readonly tier: number; readonly at: number } | undefined;
}

/** A tier, and how many of its gateways are usable. */
export interface TierCount {
  readonly tier: number;
  /** All of it. */
  readonly gateways: readonly string[];
  readonly usable: number;
}

export function countTiers(rules: TierRules, usable: ReadonlySet<string>): TierCount[] {
  return tiersIn(rules).map((tier) => {
    const gateways = [...rules.of].flatMap(([gateway, one]) => (one === tier ? gateway : []));
    return { tier, gateways, usable: gateways.filter((gateway) => usable.has(gateway)).length };
  });
}

/** Before the first choice. */
export const NO_TIER_YET: TierState = { inUse: undefined, fitSince: new Map(), hasEnough: false, now: 0 };

/** The numbers of the tiers, the best one first. */
export function tiersIn({ of }: TierRules): number[] {
  return [...new Set(of.values())].sort((a, b) => a - b);
}

/** Whether a gateway carries traffic while this tier is in use. */
export function isIn({ of, shortage }: TierRules, gateway: string, tier: number): boolean {
  const own = of.get(gateway)!;
  return shortage === "join" ? own <= tier : own === tier;
}

/** The tier that is in use where these gateways carry traffic, as after a restart; undefined where none does. */
export function tierCarriedBy({ of, shortage }: TierRules, gateways: Iterable<string>): number | undefined {
  const tiers = [...gateways].flatMap((gateway) => of.get(gateway) ?? []);
  if (tiers.length === 0) return undefined;
  return shortage === "join" ? Math.max(...tiers) : Math.min(...tiers);
}

/**
 * Chooses the tier to use: the lowest with enough usable gateways. Where none has enough, the best that there is: with
 * `replace` the lowest with a usable gateway, with `join` all that have one.
 *
 *   replace, 2 are enough            join, 2 are enough
 *   tier 1 has 2        tier 1       tier 1 has 2              tier 1
 *   it has 1, tier 2 3  tier 2       it has 1, tier 2 3        tiers 1 and 2
 *   both have 1         tier 1       both have 1               tiers 1 and 2
 *   tier 2 has 1        tier 2       tier 2 has 1              tiers 1 and 2
 *
 * A worse tier takes over at once. The way back waits until the better tier has had enough for the whole delay, and begins
 * anew when it has too few in between; no delay keeps traffic on a tier that has too few while a better one has enough.
 * While no gateway is usable, the tier in use stays.
 *
 * @param usable healthy gateways that are not held and can be nexthops
 */
export function chooseTier(
  rules: TierRules,
  usable: ReadonlySet<string>,
  { inUse, fitSince, hasEnough: hadEnough, now }: TierState,
): TierChoice {
  const { fit, hasEnough } = fitTiers(rules, usable);
  const [best] = fit;
  if (best === undefined) return { inUse, fitSince: new Map(), hasEnough, failback: undefined };
  const known = hasEnough === hadEnough ? fitSince : new Map<number, number>();
  const since = new Map(fit.map((tier) => [tier, known.get(tier) ?? now]));
  const returns = (tier: number): number => since.get(tier)! + rules.failbackDelay;
  const stays = inUse !== undefined && fit.includes(inUse);
  const chosen = stays ? fit.find((tier) => tier >= inUse || returns(tier) <= now)! : best;
  const better = fit.filter((tier) => tier < chosen);
  const [next] = better.toSorted((a, b) => returns(a) - returns(b));
  return {
    inUse: chosen,
    fitSince: new Map(better.map((tier) => [tier, since.get(tier)!])),
    hasEnough,
    failback: next === undefined ? undefined : { tier: next, at: returns(next) },
  };
}

/** The tiers that may carry the traffic, the best one first: those with enough, or for want of them any that do what they can. */
function fitTiers(
  rules: TierRules,
  usable: ReadonlySet<string>,
): { readonly fit: readonly number[]; readonly hasEnough: boolean } {
  const tiers = tiersIn(rules);
  const count = (tier: number): number => [...usable].filter((gateway) => isIn(rules, gateway, tier)).length;
  const enough = tiers.filter((tier) => count(tier) >= rules.least);
  if (enough.length > 0 || usable.size === 0) return { fit: enough, hasEnough: enough.length > 0 };
  const worst = Math.max(...[...usable].map((gateway) => rules.of.get(gateway)!));
  const some = rules.shortage === "join" ? [worst] : tiers.filter((tier) => count(tier) > 0);
  return { fit: some, hasEnough: false };
}
