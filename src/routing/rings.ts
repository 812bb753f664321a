import { isIn, tierCarriedBy, type TierRules } from "../pool/tiers.ts";
import { carryOver } from "./carry-over.ts";
import { indexesOf, type Ring, ringOf, ringWith, routeOf } from "./ring.ts";
import { cutInto, type Layout, layoutOf, MOST_CELLS } from "./slots.ts";
import { type NextHop, type ObservedRoute, PROTOCOL } from "./types.ts";

/**
 * What decides who serves the slots of gateways that are gone: who has taken them over so far, which moves the fewest flows,
 * or the usable gateways alone, so that routers with the same gateways agree.
 */
export const PLACEMENTS = ["history", "usable"] as const;

/** Which gateway serves each part of the flows. */
export type Rings = FoundRing | PlacedRings;

/** The route that an earlier run has left, until the first decision is made on it. */
interface FoundRing {
  readonly kind: "found";
  readonly tier: number | undefined;
  readonly nexthops: readonly NextHop[];
}

/** One ring, or one for each tier that has been in use. The others are kept as they were last. */
interface PlacedRings {
  readonly kind: "placed";
  /** The one in use: the last tier that has gateways in it; undefined where there are no tiers. */
  readonly tier: number | undefined;
  readonly ofTier: ReadonlyMap<number | undefined, Ring>;
}

/** What rings are made for. */
interface RingSettings {
  /** The ring of all gateways. */
  readonly layout: Layout;
  /** Undefined where all gateways are of one tier. */
  readonly tiers?: TierRules | undefined;
  /** `history` by default. */
  readonly placement?: (typeof PLACEMENTS)[number];
}

/** In how many cells the rings of tiers are cut that join: they divide evenly among up to 6, 8, 10 or 12 gateways. */
const JOINT_CELLS = 120;

/** Whether rings that are made for the one can serve the other as they are. */
export function haveSameRings(one: RingSettings, other: RingSettings): boolean {
  const [text, otherText] = [one, other].map(({ layout: { gateways, weights }, tiers, placement = "history" }) =>
    JSON.stringify([gateways, weights, tiers && [[...tiers.of], tiers.shortage], placement]),
  );
  return text === otherText;
}

/**
 * The rings when exactly these gateways carry the traffic; at least one.
 *
 * With `replace`, the ring of a tier has its gateways, and is as it was last when the tier returns. With `join`, it has
 * those of the tiers before as well, and is carried over when a tier joins or leaves:
 *
 *   tier 1 has 1 and 2        1111 2222
 *   2 fails, 3 and 4 join it  1111 3344   each has its slot, which is two cells, so no cell of 1 moves
 *   2 returns                 1111 2222
 *
 * Each gateway has its slot at least: its part among all gateways of these tiers, usable or not, and one cell in any case.
 * What those leave that are gone goes to the ones that lack most. A gateway that stays loses cells only to one that has
 * less than its slot; that is one of its own tier only if a tier leaves whose cells are too few for it. So the shares are
 * those by weight while all are usable, and may differ while some are gone: to even them out would break the flows that
 * move. With the placement `usable` nothing is carried over. Slots are the bound since a restart, which knows nothing but the route, moves nothing where each gateway has its
 * slot, and otherwise takes the weights for changed.
 */
export function ringsWith(settings: RingSettings, before: Rings | undefined, gateways: ReadonlySet<string>): Rings {
  const { tiers, placement } = settings;
  const tier = tiers && tierCarriedBy(tiers, gateways);
  const known = before?.kind === "placed" ? before.ofTier : new Map<number | undefined, Ring>();
  const own = known.get(tier) ?? { layout: layoutOfTier(settings, tier) };
  const placed = (ring: Ring): Rings => ({ kind: "placed", tier, ofTier: new Map([...known, [tier, ring]]) });
  if (placement === "usable") return placed(ringOf(own.layout, gateways));
  const isOther = before?.tier !== tier;
  const carries = before && (isOther ? tiers?.shortage === "join" : before.kind === "found");
  if (!carries) return placed(ringWith(own, gateways));
  return placed(carryOver(own.layout, routeOfRings(before), indexesOf(own.layout, gateways), isOther));
}

/** What an earlier run has left in these routes; undefined where none of the gateways is in them. */
export function findRings({ layout, tiers }: RingSettings, routes: readonly ObservedRoute[]): Rings | undefined {
  const route = routes.find(({ protocol, type }) => protocol === PROTOCOL && type === "unicast");
  const nexthops = route?.nexthops ?? [];
  const serving = nexthops.map(({ gateway }) => gateway).filter((gateway) => layout.gateways.includes(gateway));
  if (serving.length === 0) return undefined;
  return { kind: "found", tier: tiers && tierCarriedBy(tiers, serving), nexthops };
}

/** Those of the gateways that carry the traffic. A route that was found may have others, which have got another tier since. */
export function gatewaysIn({ layout, tiers }: RingSettings, rings: Rings): Set<string> {
  const { tier } = rings;
  const serving = new Set(routeOfRings(rings).map(({ gateway }) => gateway));
  const isInUse = (gateway: string): boolean => !tiers || tier === undefined || isIn(tiers, gateway, tier);
  return new Set(layout.gateways.filter((gateway) => serving.has(gateway) && isInUse(gateway)));
}

/** The nexthops that share out the flows so. */
export function routeOfRings(rings: Rings): readonly NextHop[] {
  return rings.kind === "found" ? rings.nexthops : routeOf(rings.ofTier.get(rings.tier)!);
}

/** The ring of the gateways that may carry traffic while a tier is in use. */
function layoutOfTier({ layout, tiers }: RingSettings, tier: number | undefined): Layout {
  if (tiers === undefined || tier === undefined) return layout;
  const own = [...layout.gateways.keys()].filter((index) => isIn(tiers, layout.gateways[index]!, tier));
  const gateways = own.map((index) => layout.gateways[index]!);
  const weights = own.map((index) => layout.weights[index]!);
  if (tiers.shortage === "replace") return layoutOf(gateways, weights);
  const all = layout.gateways.length;
  return cutInto(all > JOINT_CELLS ? Math.max(MOST_CELLS, all) : JOINT_CELLS, gateways, weights);
}
