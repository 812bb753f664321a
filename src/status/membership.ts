import { UNUSED } from "./member.ts";
import { type Reason, reasonOf, span } from "./phrases.ts";
import { nameOfWord } from "../text/family.ts";
import type { Ddns, Gateway, Member, Pool, PoolFamily, Routing, Status } from "./schema.ts";

/** A gateway as one of its pools uses it. */
export interface PoolUse {
  readonly pool: string;
  readonly gateway: Gateway;
}

/** A gateway as its probes show it, whatever pools make of it. */
export function healthOf(gateway: Gateway): Gateway {
  const { weight: _, tier: __, standby: ___, ...others } = gateway;
  return { ...others, ...UNUSED };
}

/** The gateways of a pool, as it uses them. */
export function membersOf({ members }: Pick<Pool, "members">, gateways: readonly Gateway[]): Gateway[] {
  const known = new Map(gateways.map((gateway) => [gateway.address, gateway]));
  return members.flatMap((member) => {
    const gateway = known.get(member.gateway);
    return gateway === undefined ? [] : inUse(gateway, member);
  });
}

/** The DNS names of a pool, or of the one pool without a name. */
export function dnsNamesOf({ ddns, dnsNames }: Pick<Pool, "ddns" | "dnsNames">): readonly Ddns[] {
  return dnsNames ?? (ddns === null ? [] : [ddns]);
}

function inUse(gateway: Gateway, { weight, tier, standby, leftOut, held, kept, ...member }: Member): Gateway {
  const { carriesTraffic, share, publicAddress } = member;
  return { ...gateway, weight, tier, standby, leftOut, held, kept, carriesTraffic, share, publicAddress };
}

/** How the pools use each gateway, by its address; an empty list for one that no pool has. */
export function usesOf({ gateways, pools = [] }: Pick<Status, "gateways" | "pools">): ReadonlyMap<string, PoolUse[]> {
  const uses = new Map(gateways.map(({ address }): [string, PoolUse[]] => [address, []]));
  for (const pool of pools) {
    for (const gateway of membersOf(pool, gateways)) uses.get(gateway.address)!.push({ pool: pool.name, gateway });
  }
  return uses;
}

/** Why a pool makes less of a gateway than its health allows, or more; empty where its health says it all. */
export function reasonInPool(gateway: Gateway): Reason {
  const reason = reasonOf(gateway);
  return reason.text === reasonOf(healthOf(gateway)).text ? { text: "", ageSeconds: null } : reason;
}

/** Which packets use a pool, such as `packets from 10.78.0.0/24 on br-iot`. */
export function packetsText({ from, in: devices, mark }: Pool["selectors"]): string {
  const parts = [
    ...(from.length > 0 ? [`from ${from.join(", ")}`] : []),
    ...(devices.length > 0 ? [`on ${devices.join(", ")}`] : []),
    ...(mark === null ? [] : [`with mark ${mark}`]),
  ];
  return parts.length === 0 ? "all packets" : ["packets", ...parts].join(" ");
}

/**
 * How many members are usable, and what follows, such as `2 of 3 usable, tier 1 in use`; where families differ, of each of
 * them.
 */
export function usabilityText({ usable, members, tiers, quorum, families }: Pool): string {
  const textOf = (counts: Usability): string => usabilityOf(counts, quorum?.least);
  if (families === undefined) {
    return textOf({ usable, total: members.length, short: quorum?.missed === true, ...(tiers && { tiers }) });
  }
  const texts = Map.groupBy(families, textOf);
  return [...texts].map(([text, alike]) => `${familyNames(alike)}: ${text}`).join("; ");
}

type Usability = Pick<PoolFamily, "usable" | "total" | "short" | "tiers">;

function usabilityOf({ usable, total, short, tiers }: Usability, least: number | undefined): string {
  const inUse = tiers?.inUse ?? [];
  return [
    `${usable} of ${total} usable`,
    ...(inUse.length > 0 ? [`${inUse.length === 1 ? "tier" : "tiers"} ${inUse.join(", ")} in use`] : []),
    ...(short ? [`fewer than ${least} healthy`] : []),
  ].join(", ");
}

/** When traffic returns to a better tier, of each family where it does; empty where it does not. */
export function failbackText({ tiers, families }: Pick<Pool, "tiers" | "families">): string {
  const textOf = (one: Pool["tiers"]): string =>
    one?.failback ? `to tier ${one.failback.tier} in ${span(one.failback.remainingSeconds)}` : "";
  if (families === undefined) return textOf(tiers);
  const texts = families.flatMap((one) => {
    const text = textOf(one.tiers);
    return text === "" ? [] : `${nameOfWord(one.family)}: ${text}`;
  });
  return texts.join("; ");
}

function familyNames(families: readonly Pick<PoolFamily, "family">[]): string {
  return families.map(({ family }) => nameOfWord(family)).join(" and ");
}

/** The routes of one family, with its name where both are routed. */
export interface NamedFamily {
  /** Empty where only one family is routed. */
  readonly name: string;
  readonly routing: Routing;
}

/** The routes of a pool in each family that it routes. */
export function familiesIn({ families, routing }: Pick<Status, "families" | "routing">): readonly NamedFamily[] {
  if (families === undefined) return [{ name: "", routing }];
  return families.map((one) => ({ name: nameOfWord(one.family), routing: one.routing }));
}

/** The managed routes of a pool in all families that it routes. */
export function routesOf(pool: Pick<Status, "families" | "routing">): Routing["routes"] {
  return familiesIn(pool).flatMap(({ routing }) => routing.routes);
}

/** What is excluded, such as `198.51.100.0/24 and the reserved ranges`. */
export function excludedText({ networks, more, reserved }: Pool["excluded"]): string {
  const named = more > 0 ? [...networks, `${more} more`] : networks;
  return [...(named.length > 0 ? [named.join(", ")] : []), ...(reserved ? ["the reserved ranges"] : [])].join(" and ");
}

/** What happens to packets while no member is usable. */
export const WITHOUT_GATEWAYS: Readonly<Record<Pool["routing"]["whenNoGateways"], string>> = {
  "fall-through": "packets fall through to the next pool or the normal routing tables",
  keep: "the last routes are kept",
  unreachable: "packets are rejected (unreachable)",
  prohibit: "packets are rejected (prohibit)",
  blackhole: "packets are dropped (blackhole)",
};
