/** What to do when fewer gateways are healthy than there should be. */
export const QUORUM_POLICIES = ["keep", "all", "none"] as const;

/** How many gateways should be healthy, and what to do while fewer are. */
export interface Quorum {
  /** 0 asks for nothing. */
  readonly least: number;
  /** `keep` those that were lost last, use `all` of them, or `none`. */
  readonly policy: (typeof QUORUM_POLICIES)[number];
}

/** What there is to choose from. */
export interface Candidates {
  /** All of them, in their order. */
  readonly gateways: readonly string[];
  /** Healthy, and not held. */
  readonly healthy: ReadonlySet<string>;
  /** Those that have been healthy and no longer are, in the order of their losses. */
  readonly lost: readonly string[];
}

/** Which gateways to use. */
export interface Choice {
  readonly used: readonly string[];
  /** Those of them that are not healthy. */
  readonly kept: readonly string[];
  /** Whether too few are healthy. */
  readonly short: boolean;
}

/**
 * Chooses the gateways to use: the healthy ones, unless they are too few.
 *
 * @param count how many are healthy in all, also of those that there is no choice among
 */
export function choose(
  { gateways, healthy, lost }: Candidates,
  { least, policy }: Quorum,
  count: number = healthy.size,
): Choice {
  const short = count < least;
  if (short && policy === "none") return { used: [], kept: [], short };
  const missing = policy === "all" ? Infinity : least - count;
  const pool = policy === "all" ? gateways : lost.toReversed();
  const chosen = new Set(short ? pool.filter((gateway) => !healthy.has(gateway)).slice(0, missing) : []);
  return {
    used: gateways.filter((gateway) => healthy.has(gateway) || chosen.has(gateway)),
    kept: gateways.filter((gateway) => chosen.has(gateway)),
    short,
  };
}

/**
 * Which gateways a name should resolve to. The address of one that is used without being healthy most likely does not
 * answer: it is left where it is, but not added, unless there would be no other.
 *
 * @param before what the name was meant for until now
 * @param follows the one that the name follows, for which there is no other
 */
export function publishable(
  used: readonly string[],
  kept: ReadonlySet<string>,
  before: ReadonlySet<string> | undefined,
  follows?: string,
): readonly string[] {
  const fit = used.filter((gateway) => !kept.has(gateway) || before?.has(gateway) || gateway === follows);
  return fit.length === 0 ? used : fit;
}
