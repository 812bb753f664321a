import type { Family } from "../net/address.ts";
import { type Cidr, prefixesAround } from "../net/cidr.ts";
import type { UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { Quorum } from "../pool/quorum.ts";
import { type PoolState, type Selection, selectGateways, usableAmong } from "../pool/select.ts";
import type { TierRules } from "../pool/tiers.ts";
import { carrierLoss } from "./carrier-loss.ts";
import { type Destinations, desiredState, NOTHING } from "./desired.ts";
import { routeKey } from "./entry.ts";
import { destinationsOfBoth, type FormerPackets, selectorsOfBoth } from "./hand-over.ts";
import { rejectTypeOf, type WhenNoGateways } from "./kill-switch.ts";
import { objectsFor, objectsIn } from "./nexthop-slots.ts";
import { type MarkerSettings, markerRoutes } from "./marker.ts";
import { onLinkRoutes } from "./on-link-routes.ts";
import { type AnswerSources, isRejected, type TargetUse, targetUse } from "./probe-answers.ts";
import { probeEntries } from "./probe-routes.ts";
import type { PlacedGateways } from "./probe-tables.ts";
import { gatewaysIn, type PLACEMENTS, type Rings, ringsWith, routeOfRings } from "./rings.ts";
import type { Layout } from "./slots.ts";
import {
  type Desired,
  type NextHop,
  type Observed,
  type ProbeEntries,
  type ProbeTables,
  PROTOCOL,
  type Route,
  type TableRef,
} from "./types.ts";

/** What is asked of the routes of a pool, whatever its gateways do. */
export interface RoutingSettings {
  /** That of the gateways and destinations; IPv4 by default. */
  readonly family?: Family | undefined;
  /** The ring of all gateways; where there are tiers, each has a ring of its own. */
  readonly layout: Layout;
  /** Undefined where all gateways are of one tier. */
  readonly tiers?: TierRules | undefined;
  /** What decides who serves the slots of gateways that are gone; `history` by default. */
  readonly placement?: (typeof PLACEMENTS)[number];
  readonly destinations: Destinations;
  readonly tableRef: TableRef;
  /** What it stays for as well until other pools have that. */
  readonly former?: FormerPackets | undefined;
  readonly whenNoGateways: WhenNoGateways;
  readonly quorum: Quorum;
  /** Where the routes for probes beyond the gateways are; undefined where there are none, or another pool has them. */
  readonly probes?: ProbeTables | undefined;
  /** All gateways through which probes are sent; those of the pool by default. */
  readonly probed?: PlacedGateways | undefined;
  /** Where such routes are left of an earlier configuration, to be removed. */
  readonly formerProbes?: ProbeTables | undefined;
  /** Undefined where the pool has no markers. */
  readonly markers?: MarkerSettings | undefined;
  /** Whether other programs take all packets that should go to the gateways: then no marker stands. */
  readonly isDiverted?: boolean | undefined;
  /** What other pools do with packets to targets of probes now. */
  readonly usedElsewhere?: readonly TargetUse[] | undefined;
}

/** Which gateways carry which routes, and why. */
export interface Decision {
  /** The gateways to use, as far as their health decides. */
  readonly selection: Selection;
  /** Gateways that cannot be nexthops. */
  readonly unusable: readonly UnusableNexthop[];
  /** The gateways that the routes are meant to be over: those to use that can be nexthops. */
  readonly active: readonly string[];
  /** Those that carry traffic or could at once, whatever tier is in use: see {@link usableAmong}. */
  readonly usable: readonly string[];
  /** Which gateway serves each part of the flows; undefined before there was any. */
  readonly rings: Rings | undefined;
  /** What the kernel should hold. */
  readonly desired: Desired;
}

/**
 * The one decision: which gateways carry which routes, given the state of the pool and of the kernel. The service makes it
 * before each change, and `plan` to show what the service would do. Slots move only here.
 *
 * @param rings which gateway serves each part of the flows until now
 */
export function decide(
  settings: RoutingSettings,
  pool: PoolState,
  observed: Observed,
  rings: Rings | undefined,
): Decision {
  const { layout, quorum, tiers } = settings;
  const unfit = gatewaysOf(unusableAmong([...pool.healthy], observed, settings.family));
  const selection = selectGateways(pool, quorum, unfit, tiers);
  const usable = [...usableAmong(pool, selection.held, unfit)];
  const unusable = unusableAmong([...selection.used, ...selection.standby], observed, settings.family);
  const used = new Set(selection.used).difference(gatewaysOf(unusable));
  const active = layout.gateways.filter((gateway) => used.has(gateway));
  const common = { selection, unusable, active, usable };
  const desire = (traffic: Desired): Desired => withMarkers(settings, observed, usable.length, traffic);
  if (active.length === 0) {
    return { ...common, rings, desired: desire(withoutGateways(settings, pool, observed, rings)) };
  }
  const after = ringsWith(settings, rings, used);
  return { ...common, rings: after, desired: desire(stateWith(settings, observed, routeOfRings(after))) };
}

/** The same with the markers that a pool with so many usable gateways has, where it may have any. */
function withMarkers(settings: RoutingSettings, { connected }: Observed, usable: number, traffic: Desired): Desired {
  const { markers, tableRef, family = 4, isDiverted } = settings;
  if (markers === undefined) return traffic;
  const isUsable = usable >= markers.least && !isDiverted;
  return {
    ...traffic,
    markers: isUsable ? markerRoutes(markers.destinations, tableRef.table, family, connected) : [],
  };
}

/** What the kernel should hold while no gateway can be used. */
export function withoutGateways(
  settings: RoutingSettings,
  { leaking = new Set(), drained = new Set() }: Pick<PoolState, "leaking" | "drained">,
  observed: Observed,
  rings: Rings | undefined,
): Desired {
  if (!rings || settings.whenNoGateways !== "keep") return stateWith(settings, observed, []);
  const carrying = gatewaysIn(settings, rings);
  // The kernel keeps routes of IPv4 over an interface without carrier; in IPv6 it makes no object there.
  const unusable = settings.family === 6 ? unusableAmong([...carrying], observed, 6) : observed.unusable;
  const last = carrying.difference(gatewaysOf(unusable).union(leaking).union(drained));
  if (last.size === 0) {
    // None could be made now; what stands may be of use again, but for routes over a drained gateway.
    const isDrained = carrying.intersection(drained).size > 0;
    return isDrained ? stateWith(settings, observed, []) : holding(settings, observed);
  }
  return stateWith(settings, observed, routeOfRings(ringsWith(settings, rings, last)));
}

/** Those that the kernel rejects, and those of the given ones whose interface has lost its carrier. */
function unusableAmong(gateways: readonly string[], observed: Observed, family: Family = 4): UnusableNexthop[] {
  const rejected = gatewaysOf(observed.unusable);
  return [
    ...observed.unusable,
    ...carrierLoss(
      gateways.filter((gateway) => !rejected.has(gateway)),
      observed,
      family,
    ),
  ];
}

function gatewaysOf(unusable: readonly UnusableNexthop[]): Set<string> {
  return new Set(unusable.map(({ gateway }) => gateway));
}

/** Everything as it should be, but for our routes through gateways to managed destinations: those stay as they are. */
export function holding(settings: RoutingSettings, observed: Observed): Desired {
  const state = trafficWith(settings, observed, []);
  const keys = new Set(state.routes.map(routeKey));
  const managed = prefixesAround(state.managed);
  const thrown = prefixesAround(state.routes.flatMap(({ type, destination }) => (type === "throw" ? destination : [])));
  const standing = observed.routes.flatMap(({ type, protocol, ...route }): Route | [] => {
    if (protocol !== PROTOCOL || type !== "unicast" || keys.has(routeKey(route))) return [];
    const isManaged = Math.max(...managed(route.destination)) > Math.max(...thrown(route.destination));
    return isManaged ? { ...route, type, nexthops: route.nexthopId === undefined ? route.nexthops : [] } : [];
  });
  const nexthops = objectsIn(settings.tableRef.table, observed.nexthops ?? []);
  return withProbes(settings, observed, { ...state, routes: [...state.routes, ...standing], nexthops });
}

function stateWith(settings: RoutingSettings, observed: Observed, nexthops: readonly NextHop[]): Desired {
  return withProbes(settings, observed, trafficWith(settings, observed, nexthops));
}

function trafficWith(settings: RoutingSettings, observed: Observed, nexthops: readonly NextHop[]): Desired {
  const entries = entriesWith(settings, observed, nexthops);
  if ((settings.family ?? 4) === 4) return entries;
  const { layout, tableRef } = settings;
  const state = { ...entries, routes: [...entries.routes, ...onLinkRoutes(tableRef.table, entries.managed, observed)] };
  if (nexthops.length === 0) return state;
  const objects = objectsFor(tableRef.table, nexthops, observed.nexthops ?? [], layout.homes.length);
  return { ...state, nexthops: objects };
}

function entriesWith(
  { destinations, tableRef, former, whenNoGateways, family = 4 }: RoutingSettings,
  { connected }: Observed,
  nexthops: readonly NextHop[],
): Desired {
  const reject = rejectTypeOf(whenNoGateways);
  if (former === undefined) return desiredState(destinations, connected, nexthops, tableRef, reject, family);
  const matched = selectorsOfBoth(tableRef.selectors, former);
  const both = destinationsOfBoth(destinations, former);
  return desiredState(both, connected, nexthops, tableRef, reject, family, matched);
}

function withProbes(settings: RoutingSettings, observed: Observed, traffic: Desired): Desired {
  const { layout, tableRef, probes, probed = layout.gateways, formerProbes, usedElsewhere = [], family } = settings;
  if (probes === undefined) return formerProbes ? { ...traffic, probes: noProbes(formerProbes) } : traffic;
  const isOwn = ({ address }: Cidr): boolean => address.family === (family ?? 4);
  const targets = (probes.targets ?? []).filter(isOwn);
  const exitServices = (probes.exitServices ?? []).filter(isOwn);
  const uses = [targetUse(targets, traffic.routes, tableRef), ...usedElsewhere];
  const answers: AnswerSources = { targets, exitServices, isRejected: (...pair) => isRejected(uses, ...pair) };
  return { ...traffic, probes: probeEntries(probes, probed, observed, answers, family) };
}

/** The entries for probes, where they are asked for, and nothing else. */
export function probesAlone(settings: RoutingSettings, observed: Observed): Desired {
  return withProbes(settings, observed, NOTHING);
}

/** The kernel without any entry of ours, also without those for probes. */
export function nothing({ probes, formerProbes, markers }: RoutingSettings): Desired {
  const tables = probes ?? formerProbes;
  return {
    ...NOTHING,
    ...(tables !== undefined && { probes: noProbes(tables) }),
    ...(markers !== undefined && { markers: [] }),
  };
}

function noProbes(tables: ProbeTables): ProbeEntries {
  return { tables, routes: [], rules: [] };
}
