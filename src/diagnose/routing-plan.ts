import type { Cidr } from "../net/cidr.ts";
import { ADOPTED, advance, type Thresholds, UNKNOWN } from "../pool/health.ts";
import type { PoolState } from "../pool/select.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { decide, type RoutingSettings } from "../routing/decide.ts";
import { coveredByConnected } from "../routing/desired.ts";
import { type Conflict, planChanges } from "../routing/plan.ts";
import { adoptOwners } from "../routing/slots.ts";
import type { Change, Observed } from "../routing/types.ts";

/** One gateway, after one probe. */
export interface GatewayPlan {
  readonly gateway: string;
  readonly healthy: boolean;
  /** The answer, or why there is none. */
  readonly detail: string;
  /** Why the kernel cannot use it; undefined when it can. */
  readonly leftOut: string | undefined;
  /** Whether the routes would go over it. */
  readonly active: boolean;
}

/** What a service would do to the kernel after its first round of probes. */
export interface RoutingPlan {
  readonly gateways: readonly GatewayPlan[];
  /** In the order in which they would be made. */
  readonly changes: readonly Change[];
  /** Places of ours that hold routes of other programs. */
  readonly conflicts: readonly Conflict[];
  /** Managed destinations that a network of this machine covers. */
  readonly covered: readonly { readonly destination: Cidr; readonly by: Cidr }[];
}

export interface RoutingFacts extends RoutingSettings {
  readonly thresholds: Thresholds;
  readonly observed: Observed;
  /** One probe of each gateway. */
  readonly results: ReadonlyMap<string, ProbeResult>;
}

/** Makes the decision of the service once, after one probe of each gateway, and plans the changes that follow from it. */
export function planRouting(facts: RoutingFacts): RoutingPlan {
  const { layout, destinations, place, observed, results } = facts;
  const owners = adoptOwners(layout, observed.routes);
  const pool = stateAfter(layout.gateways, new Set(owners), facts);
  const { unusable, active, desired } = decide(facts, pool, observed, owners);
  const faults = new Map(unusable.map(({ gateway, fault }) => [gateway, fault.detail]));
  const { changes, conflicts } = planChanges(observed, desired, place, new Set());
  return {
    gateways: layout.gateways.map((gateway) => ({
      gateway,
      healthy: pool.healthy.has(gateway),
      detail: results.get(gateway)!.detail,
      leftOut: faults.get(gateway),
      active: active.includes(gateway),
    })),
    changes,
    conflicts,
    covered: coveredByConnected(destinations, observed.connected),
  };
}

/** The state of the pool after the first probe of each gateway; those in use that fail have just been lost. */
function stateAfter(
  gateways: readonly string[],
  inUse: ReadonlySet<number>,
  { results, thresholds }: RoutingFacts,
): PoolState {
  const isUp = (gateway: string, index: number): boolean =>
    advance(inUse.has(index) ? ADOPTED : UNKNOWN, results.get(gateway)!, thresholds).status === "up";
  const healthy = new Set(gateways.filter(isUp));
  const lost = gateways.filter((gateway, index) => inUse.has(index) && !healthy.has(gateway));
  return { gateways, healthy, holds: new Map(), lost };
}
