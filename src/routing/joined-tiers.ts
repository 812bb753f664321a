import { balanceTiers } from "./balance-tiers.ts";
import { nestSlots, type Tier } from "./nested-slots.ts";
import { type Ring, ringWith } from "./ring.ts";
import { joinRuns, MOST_CELLS } from "./slots.ts";
import type { NextHop } from "./types.ts";

/**
 * Tiers that share out the flows: each has a ring of its own, all in the same number of cells, and each cell is served by
 * one of the tiers. So nothing moves within a tier for what happens in another: at most a cell goes from one tier to
 * another.
 *
 *   ring of tier 1         111111 222222
 *   ring of tier 2         333444 333444
 *   tier of each cell      112112 112112
 *   flows                  113114 223224   with twice the weight in tier 1
 */
export interface JoinedTiers {
  readonly ofTier: ReadonlyMap<number, Ring>;
  /** The tier that serves each cell. */
  readonly tierAt: readonly number[];
}

/** They divide evenly among up to 6, 8, 10 or 12 gateways. */
const JOINT_CELLS = 120;

/** In how many cells the rings of all tiers are cut while nothing has been placed yet. */
export function jointCells(tiers: readonly Tier[]): number {
  const gateways = tiers.flatMap(({ layout }) => layout.gateways).length;
  return gateways <= JOINT_CELLS ? JOINT_CELLS : MOST_CELLS;
}

/** What carries the traffic. */
interface InUse {
  /** The last tier in use, together with those before it. */
  readonly last: number;
  /** At least one of a tier in use. */
  readonly gateways: ReadonlySet<string>;
}

/**
 * The rings when these gateways carry the traffic. The cells of a gateway that has gone go to others of its tier, or to
 * another tier that lacks more. A gateway that comes takes its slot in its tier, and of others' cells as many as its weight
 * asks for. No other cell moves.
 *
 * @param tiers all of them, the best one first
 * @param before undefined at a first start
 */
export function joinTiers(
  tiers: readonly Tier[],
  before: JoinedTiers | undefined,
  { last, gateways }: InUse,
): JoinedTiers {
  const cells = before?.tierAt.length ?? jointCells(tiers);
  const able = tiers.filter(
    ({ tier, layout }) => tier <= last && layout.gateways.some((gateway) => gateways.has(gateway)),
  );
  const layouts = nestSlots(tiers, cells);
  const inUse = new Map(
    able.map(({ tier }) => [tier, ringWith(before?.ofTier.get(tier) ?? { layout: layouts.get(tier)! }, gateways)]),
  );
  const tierAt = Array.from({ length: cells }, (_, cell) => {
    const tier = before?.tierAt[cell];
    return tier !== undefined && inUse.has(tier) ? tier : able[0]!.tier;
  });
  const earlier = before && gatewaysOf(before);
  return {
    ofTier: new Map([...(before?.ofTier ?? []), ...inUse]),
    tierAt: balanceTiers({ rings: inUse, tierAt, earlier, gateways }),
  };
}

/** The gateway of each cell. */
function gatewaysOf({ ofTier, tierAt }: JoinedTiers): string[] {
  return tierAt.map((tier, cell) => {
    const { layout, owners } = ofTier.get(tier)!;
    return layout.gateways[owners[cell]!]!;
  });
}

/** The nexthops that share out the flows so. Their weights are cells, of which a restart then finds as many. */
export function routeOfJoined(joined: JoinedTiers): NextHop[] {
  return joinRuns(gatewaysOf(joined).map((gateway) => ({ gateway, weight: 1 })));
}
