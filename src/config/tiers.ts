import type { TierRules } from "../pool/tiers.ts";
import type { PoolConfig } from "./model.ts";

/** The tiers of a pool, and when which of them carries the traffic; undefined where all gateways are of one tier. */
export function tierRulesOf({
  members,
  tierMin: least,
  tierShortage: shortage,
  tierFailbackDelay: failbackDelay,
}: PoolConfig): TierRules | undefined {
  const of = new Map(members.map(({ gateway, tier }) => [gateway, tier]));
  return new Set(of.values()).size < 2 ? undefined : { of, least, shortage, failbackDelay };
}
