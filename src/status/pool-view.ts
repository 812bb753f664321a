import type { Member as ConfiguredMember, PoolConfig } from "../config/model.ts";
import { formatCidr } from "../net/cidr.ts";
import type { Family } from "../net/address.ts";
import { markText } from "../routing/selectors.ts";
import { familyWord } from "../text/family.ts";
import type { GatewayView } from "./gateway.ts";
import { UNUSED, type Use } from "./member.ts";
import type { Gateway, Member, Pool, PoolFamily, Status } from "./schema.ts";
import { verdictOfFamilies } from "./verdict.ts";

/** A gateway as one pool uses it: what all pools share, and what this one makes of it. */
export type UsedGateway = GatewayView["seen"] & Use & Pick<Gateway, "weight" | "tier" | "standby">;

/** The state of one pool, without its DNS name. */
interface RoutedView extends Pick<Status, "verdict" | "why" | "tiers" | "routing"> {
  /** As the configuration has them, in the order of their slots. */
  readonly members: readonly ConfiguredMember[];
  /** By their addresses, in the same order. */
  readonly gateways: ReadonlyMap<string, UsedGateway>;
  /** Whether fewer are healthy than there should be. */
  readonly isShort: boolean;
}

/** The state of one pool in one family. */
export interface FamilyView extends RoutedView {
  readonly family: Family;
}

/** The state of one pool: that of its first family, and where it routes both, what each of them is at. */
export interface PoolView extends RoutedView, Pick<Status, "families" | "ddns" | "dnsNames"> {}

/** The families of a pool as one, which takes its routes and tiers from the first. */
export function viewFamilies(views: readonly FamilyView[]): Omit<PoolView, "ddns" | "dnsNames"> {
  const [{ family: _, ...first }, ...others] = views as readonly [FamilyView, ...FamilyView[]];
  if (others.length === 0) return first;
  return {
    ...first,
    ...verdictOfFamilies(views),
    members: views.flatMap(({ members }) => members),
    gateways: new Map(views.flatMap(({ gateways }) => [...gateways])),
    isShort: views.some(({ isShort }) => isShort),
    families: views.map(viewFamily),
  };
}

function viewFamily({ family, verdict, why, members, gateways, isShort, tiers, routing }: FamilyView): PoolFamily {
  return {
    family: familyWord(family),
    verdict,
    why,
    usable: members.filter(({ gateway }) => isUsable(gateways.get(gateway)!)).length,
    total: members.length,
    short: isShort,
    ...(tiers && { tiers }),
    routing,
  };
}

/**
 * A gateway as the status has it.
 *
 * @param used by the pool that its use is that of; undefined where none has it
 */
export function viewGateway(
  { seen, measured, history }: GatewayView,
  used: UsedGateway | undefined,
  exit: Gateway["exit"],
): Gateway {
  const { publicAddress, weight, tier, standby, ...others } = used ?? { ...seen, ...UNUSED };
  return {
    ...others,
    ...measured,
    publicAddress,
    history,
    ...(weight !== undefined && { weight }),
    ...(tier !== undefined && { tier }),
    ...(standby !== undefined && { standby }),
    ...(exit && { exit }),
  };
}

/** Networks of the configuration that are named at most. */
const MOST_EXCLUDED = 50;

/** A pool with a name as the status has it, in front of what it shares with a pool without one. */
export function viewPool(pool: PoolConfig, { gateways, isShort, tiers, families, ...view }: PoolView): Pool {
  const { from, in: devices, mark } = pool.selectors;
  const members = view.members.map((member) => viewMember(member, gateways.get(member.gateway)!));
  const least = pool.minHealthy;
  return {
    name: pool.name!,
    verdict: view.verdict,
    why: view.why,
    selectors: { from: from.map(formatCidr), in: [...devices], mark: mark ? markText(mark) : null },
    destinations: pool.route.map(formatCidr),
    excluded: {
      networks: pool.excludeCidr.slice(0, MOST_EXCLUDED).map(formatCidr),
      more: Math.max(0, pool.excludeCidr.length - MOST_EXCLUDED),
      reserved: pool.excludeReservedCidrs,
    },
    quorum: least === 0 ? null : { least, policy: pool.minHealthyPolicy, missed: isShort },
    usable: members.filter(({ usable }) => usable).length,
    members,
    ...(tiers && { tiers }),
    ...(families && { families }),
    routing: view.routing,
    ddns: view.ddns,
    ...(view.dnsNames && { dnsNames: view.dnsNames }),
  };
}

function viewMember({ gateway, name, weight, tier }: ConfiguredMember, used: UsedGateway): Member {
  const { leftOut, held, kept, carriesTraffic, share, publicAddress, standby = false } = used;
  return {
    gateway,
    ...(name !== undefined && { name }),
    weight,
    tier,
    usable: isUsable(used),
    drained: used.drained !== undefined,
    standby,
    leftOut,
    held,
    kept,
    carriesTraffic,
    share,
    publicAddress,
  };
}

/** Whether a pool can use a gateway, whatever its tier. */
export function isUsable({ state, held, leftOut, drained }: Usability): boolean {
  return state === "up" && held === null && leftOut === null && !drained;
}

/** The part of a gateway that decides whether it is usable. */
export type Usability = Pick<Gateway, "address" | "state" | "held" | "leftOut" | "drained">;
