import { combine, type Requirement } from "../pool/gateway-health.ts";
import { ADOPTED, advance, type Thresholds, UNKNOWN } from "../pool/health.ts";
import type { PoolState } from "../pool/select.ts";
import { NO_TIER_YET } from "../pool/tiers.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { decide, type RoutingSettings } from "../routing/decide.ts";
import { coveredByConnected } from "../routing/desired.ts";
import type { Conflict } from "../routing/entry.ts";
import { withLeftRoutes } from "../routing/leftovers.ts";
import { planChanges } from "../routing/plan.ts";
import { findRings, gatewaysIn } from "../routing/rings.ts";
import { desiredNexthops, type Share, sharesOf } from "../routing/shares.ts";
import type { Change, Observed, Route } from "../routing/types.ts";
import type { Covered } from "./managed.ts";

/** One gateway, after one probe. */
export interface GatewayPlan {
  readonly gateway: string;
  readonly healthy: boolean;
  /** The status of the answer, or what each prober that fails has found. */
  readonly detail: string;
  /** Why it cannot be a nexthop; undefined when it can. */
  readonly leftOut: string | undefined;
  /** Whether the routes would go through it. */
  readonly active: boolean;
  /** Whether it would not be used since its tier is not in use; undefined where there are no tiers. */
  readonly standby?: boolean;
  /** Set where it is taken out for maintenance. */
  readonly drained?: true;
}

/** What a service would change in the kernel after its first round of probes. */
export interface RoutingPlan {
  readonly gateways: readonly GatewayPlan[];
  /** Their parts of the flows; of those that have any. */
  readonly shares: readonly Share[];
  /** In the order in which they would be made. */
  readonly changes: readonly Change[];
  /** Those that the table would hold then. */
  readonly routes: readonly Route[];
  /** Routes of other programs in the place of ours. */
  readonly conflicts: readonly Conflict[];
  readonly covered: readonly Covered[];
}

export interface RoutingFacts extends RoutingSettings, ProbedGateways {
  readonly observed: Observed;
}

/** What is known of all gateways, those of other pools as well. */
export interface ProbedGateways {
  /** All probers. */
  readonly probers: readonly ProberResults[];
  /** Whether all probers of a gateway have to succeed, or any of them. */
  readonly requirementOf: (gateway: string) => Requirement;
  /** Gateways that leak, with the reason. */
  readonly leaks?: ReadonlyMap<string, string> | undefined;
  /** Gateways that are taken out for maintenance. */
  readonly drained?: ReadonlySet<string>;
}

/** What one prober has found. */
export interface ProberResults {
  readonly thresholds: Thresholds;
  /** One probe of each gateway that it probes. */
  readonly results: ReadonlyMap<string, ProbeResult>;
}

/**
 * Makes the decision of the service once, after one probe of each gateway by each prober, and plans the changes that follow from it. The
 * gateways of the managed route in the kernel count as in use, so that this is also the decision of a service that runs.
 */
export function planRouting(facts: RoutingFacts): RoutingPlan {
  const { layout, destinations, tableRef, observed, probers, leaks } = facts;
  const rings = findRings(facts, withLeftRoutes(observed.routes, observed.leftovers));
  const probed = stateAfterProbes(facts, rings ? gatewaysIn(facts, rings) : new Set());
  const pool = { ...probed, tiers: { ...NO_TIER_YET, inUse: rings?.tier } };
  const { selection, unusable, active, desired } = decide(facts, pool, observed, rings);
  const faults = new Map(unusable.map(({ gateway, fault }) => [gateway, fault.detail]));
  const { changes, conflicts } = planChanges(observed, desired, tableRef, new Set());
  return {
    gateways: layout.gateways.map((gateway) => ({
      gateway,
      healthy: pool.healthy.has(gateway),
      detail: leaks?.get(gateway) ?? detailOf(gateway, probers),
      leftOut: faults.get(gateway),
      active: active.includes(gateway),
      ...(facts.tiers && { standby: selection.standby.includes(gateway) && !faults.has(gateway) }),
      ...(facts.drained?.has(gateway) && { drained: true }),
    })),
    shares: sharesOf(desiredNexthops(desired)),
    changes,
    routes: desired.routes,
    conflicts,
    covered: coveredByConnected(destinations, observed.connected),
  };
}

/** What the probers say of a gateway: why it fails where one does. */
function detailOf(gateway: string, probers: readonly ProberResults[]): string {
  const results = probers.flatMap((prober) => prober.results.get(gateway) ?? []);
  const failed = results.filter(({ kind }) => kind === "failure");
  return (failed.length > 0 ? failed : results.slice(0, 1)).map(({ detail }) => detail).join("; ");
}

/** The state of the pool after the first probe of each gateway; those in use that fail have just been lost. */
function stateAfterProbes(
  { layout, probers, requirementOf, leaks, drained = new Set() }: RoutingFacts,
  inUse: ReadonlySet<string>,
): PoolState {
  const { gateways } = layout;
  const leaking = new Set(leaks?.keys());
  const isUp = (gateway: string): boolean => {
    const before = inUse.has(gateway) ? ADOPTED : UNKNOWN;
    const statuses = probers.flatMap(({ results, thresholds }) => {
      const result = results.get(gateway);
      return result === undefined ? [] : advance(before, result, thresholds).status;
    });
    return !leaking.has(gateway) && combine(statuses, requirementOf(gateway)) === "up";
  };
  const healthy = new Set(gateways.filter(isUp));
  const lost = gateways.filter((gateway) => inUse.has(gateway) && !healthy.has(gateway));
  return { gateways, healthy, holds: new Map(), lost, leaking, drained };
}
