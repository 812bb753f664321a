import { adoptJoined } from "./adopt-joined.ts";
import { isIn, tierCarriedBy, type TierRules, tiersIn } from "../pool/tiers.ts";
import { carryOver } from "./carry-over.ts";
import { type JoinedTiers, joinTiers, routeOfJoined } from "./joined-tiers.ts";
import type { Tier } from "./nested-slots.ts";
import { type Ring, ringWith, routeOf } from "./ring.ts";
import { type Layout, layoutOf } from "./slots.ts";
import { type NextHop, type ObservedRoute, PROTOCOL } from "./types.ts";

/** Which gateway serves each part of the flows. */
export type Rings = FoundRings | SeparateRings | JoinedRings;

/** The route that an earlier run has left, until the first decision is made on it. */
interface FoundRings {
  readonly kind: "found";
  readonly tier: number | undefined;
  readonly nexthops: readonly NextHop[];
}

/**
 * One ring, or one of each tier of which one is in use. That of another tier is kept as it was last, so that nothing moves
 * within a tier for what happens in another.
 */
interface SeparateRings {
  readonly kind: "separate";
  /** The tier in use; undefined where there are none. */
  readonly tier: number | undefined;
  /** The ring in use. */
  readonly ring: Ring;
  readonly idle: ReadonlyMap<number, Ring>;
}

/** The rings of tiers that join each other; `tier` is the last one in use. */
interface JoinedRings extends JoinedTiers {
  readonly kind: "joined";
  readonly tier: number;
}

/** What rings are made for. */
interface RingSettings {
  /** The ring of all gateways. */
  readonly layout: Layout;
  /** Undefined where all gateways are of one tier. */
  readonly tiers?: TierRules | undefined;
}

/** Whether rings that are made for the one can serve the other as they are. */
export function haveSameRings(one: RingSettings, other: RingSettings): boolean {
  const [text, otherText] = [one, other].map(({ layout: { gateways, weights }, tiers }) =>
    JSON.stringify([gateways, weights, tiers && [[...tiers.of], tiers.shortage]]),
  );
  return text === otherText;
}

/**
 * The rings when these gateways carry the traffic.
 *
 * @param tier the one in use; undefined where there are none
 */
export function ringsWith(
  settings: RingSettings,
  before: Rings | undefined,
  tier: number | undefined,
  gateways: ReadonlySet<string>,
): Rings {
  const { layout, tiers } = settings;
  if (tiers === undefined || tier === undefined) return separateWith(layout, before, undefined, gateways);
  if (tiers.shortage === "replace") return separateWith(layoutOfTier(layout, tiers, tier), before, tier, gateways);
  const all = tiersIn(tiers).map((one) => ({ tier: one, layout: layoutOfTier(layout, tiers, one) }));
  return { kind: "joined", tier, ...joinTiers(all, joinedBefore(all, before), { last: tier, gateways }) };
}

function separateWith(
  layout: Layout,
  before: Rings | undefined,
  tier: number | undefined,
  gateways: ReadonlySet<string>,
): SeparateRings {
  if (before?.kind === "found" && before.tier === tier) {
    const usable = new Set(layout.gateways.flatMap((gateway, index) => (gateways.has(gateway) ? index : [])));
    return { kind: "separate", tier, ring: carryOver(layout, before.nexthops, usable), idle: new Map() };
  }
  const separate = before?.kind === "separate" ? before : undefined;
  if (separate && separate.tier === tier) return { ...separate, ring: ringWith(separate.ring, gateways) };
  const idle = new Map(separate?.idle);
  if (separate?.tier !== undefined) idle.set(separate.tier, separate.ring);
  const own = tier === undefined ? undefined : idle.get(tier);
  return { kind: "separate", tier, ring: ringWith(own ?? { layout }, gateways), idle };
}

function joinedBefore(all: readonly Tier[], before: Rings | undefined): JoinedTiers | undefined {
  if (before?.kind === "found") return adoptJoined(all, before.nexthops);
  return before?.kind === "joined" ? before : undefined;
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
  switch (rings.kind) {
    case "found":
      return rings.nexthops;
    case "joined":
      return routeOfJoined(rings);
    case "separate":
      return routeOf(rings.ring);
  }
}

/** The ring of the gateways of a tier. */
function layoutOfTier({ gateways, weights }: Layout, { of }: TierRules, tier: number): Layout {
  const own = [...gateways.keys()].filter((index) => of.get(gateways[index]!) === tier);
  return layoutOf(
    own.map((index) => gateways[index]!),
    own.map((index) => weights[index]!),
  );
}
