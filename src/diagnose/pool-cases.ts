import type { PoolConfig } from "../config/model.ts";
import { includes, inOrder, overlap } from "../config/pool-order.ts";
import type { Family } from "../net/address.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { Quorum } from "../pool/quorum.ts";
import { type TierRules, tiersIn } from "../pool/tiers.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { MOST_SLOTS } from "../routing/nexthop-ids.ts";
import { ringsWith, routeOfRings } from "../routing/rings.ts";
import { sharesOf } from "../routing/shares.ts";
import { layoutOf, MOST_CELLS } from "../routing/slots.ts";
import type { RejectType } from "../routing/types.ts";

/** A gateway of a pool, and its part of the flows. */
export interface SharedGateway {
  readonly address: string;
  /** Absent where it has none. */
  readonly name?: string;
  readonly weight: number;
  /** From 0 to 1. */
  readonly share: number;
}

/** A tier of a pool, while all of its gateways are usable and carry all traffic; the only one where there are none. */
export interface TierCase {
  /** Null where all gateways are of one tier. */
  readonly tier: number | null;
  readonly gateways: readonly SharedGateway[];
}

/** What happens to the packets of a pool without a usable gateway. */
export interface WithoutGateways {
  readonly packets: "rejected" | "kept" | "fall-through";
  /** How they are rejected; absent where they are not. */
  readonly how?: RejectType;
  /** The pools that are asked for them next; absent where they do not fall through. */
  readonly next?: readonly string[];
  /** Whether the normal routing tables have those that none of these pools selects; absent likewise. */
  readonly normalTables?: boolean;
}

/** What happens to the packets of a pool, by what its gateways do. */
export interface PoolCases {
  /** The first one comes first. */
  readonly tiers: readonly TierCase[];
  /** How the next tier comes into use; null where there are none. */
  readonly tierRule: Pick<TierRules, "least" | "shortage"> | null;
  /** Null where there is no quorum. */
  readonly tooFew: Quorum | null;
  readonly withoutGateways: WithoutGateways;
}

/** What happens to the packets of one of these pools in each case. */
export function casesOf(pools: readonly PoolConfig[], pool: PoolConfig, family: Family = 4): PoolCases {
  const rules = tierRulesOf(pool);
  const { minHealthy: least, minHealthyPolicy: policy, members } = pool;
  const tiers = rules ? tiersIn(rules) : members.length === 0 ? [] : [undefined]; // one without members rejects packets
  return {
    tiers: tiers.map((tier) => tierCase(pool, tier, family)),
    tierRule: rules ? { least: rules.least, shortage: rules.shortage } : null,
    tooFew: least > 0 ? { least, policy } : null,
    withoutGateways: withoutGatewaysOf(pools, pool),
  };
}

function tierCase({ members }: PoolConfig, tier: number | undefined, family: Family): TierCase {
  const own = members.filter((member) => tier === undefined || member.tier === tier);
  const gateways = own.map(({ gateway }) => gateway);
  const layout = layoutOf(
    gateways,
    own.map(({ weight }) => weight),
    family === 4 ? MOST_CELLS : MOST_SLOTS,
  );
  const shares = sharesOf(routeOfRings(ringsWith({ layout }, undefined, new Set(gateways))));
  const shareOf = new Map(shares.map(({ gateway, share }) => [gateway, share]));
  return {
    tier: tier ?? null,
    gateways: own.map(({ gateway: address, name, weight }) => {
      return { address, ...(name !== undefined && { name }), weight, share: shareOf.get(address) ?? 0 };
    }),
  };
}

function withoutGatewaysOf(pools: readonly PoolConfig[], pool: PoolConfig): WithoutGateways {
  const how = rejectTypeOf(pool.whenNoGateways);
  if (how !== undefined) return { packets: "rejected", how };
  if (pool.whenNoGateways === "keep") return { packets: "kept" };
  return { packets: "fall-through", ...askedNext(pools, pool) };
}

/** The pools that are asked for packets that one lets pass, up to one that selects all of them. */
function askedNext(pools: readonly PoolConfig[], pool: PoolConfig) {
  const order = inOrder(pools);
  const later = order.slice(order.indexOf(pool) + 1).filter((one) => overlap(one.selectors, pool.selectors));
  const whole = later.findIndex((one) => includes(one.selectors, pool.selectors));
  const asked = whole < 0 ? later : later.slice(0, whole + 1);
  return { next: asked.flatMap(({ name }) => name ?? []), normalTables: whole < 0 };
}
