import { ADOPTED, advance, type Thresholds, UNKNOWN } from "../pool/health.ts";
import { choose, type Quorum } from "../pool/quorum.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { aimFor, type RoutingSettings } from "../routing/decide.ts";
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
  /** Keys that somebody else holds. */
  readonly conflicts: readonly Conflict[];
  /** Managed destinations that a network of this machine covers. */
  readonly covered: readonly { readonly destination: string; readonly by: string }[];
}

export interface RoutingFacts extends RoutingSettings {
  readonly thresholds: Thresholds;
  readonly quorum: Quorum;
  readonly observed: Observed;
  /** One probe of each gateway. */
  readonly results: ReadonlyMap<string, ProbeResult>;
}

/**
 * The same steps as in the service, once: gateways in use are adopted, so only `fall` failures take them down; the quorum
 * chooses; what the kernel refuses is left out; slots stay where they are; the difference is planned.
 */
export function planRouting(facts: RoutingFacts): RoutingPlan {
  const { layout, destinations, place, thresholds, quorum, observed, results } = facts;
  const { unusable, connected, routes } = observed;
  const owners = adoptOwners(layout, routes);
  const adopted = new Set(owners);
  const refused = new Map(unusable.map(({ gateway, why }) => [gateway, why]));
  const { healthy, lost } = judgeAll(layout.gateways, adopted, results, thresholds);
  const chosen = new Set(choose({ gateways: layout.gateways, healthy, lost }, quorum).used);
  const gateways = layout.gateways.map((gateway): GatewayPlan => {
    const leftOut = refused.get(gateway);
    const active = chosen.has(gateway) && leftOut === undefined;
    return { gateway, healthy: healthy.has(gateway), detail: detailOf(results.get(gateway)!), leftOut, active };
  });
  const { desired } = aimFor(facts, observed, chosen, owners);
  const { changes, conflicts } = planChanges(observed, desired, place, new Set());
  return { gateways, changes, conflicts, covered: coveredByConnected(destinations, connected) };
}

/** What the first probe of each says of it, as the service judges; those in use that fail have just been lost. */
function judgeAll(
  gateways: readonly string[],
  adopted: ReadonlySet<number>,
  results: RoutingFacts["results"],
  thresholds: Thresholds,
): { healthy: Set<string>; lost: string[] } {
  const isUp = (gateway: string, index: number): boolean =>
    advance(adopted.has(index) ? ADOPTED : UNKNOWN, results.get(gateway)!, thresholds).status === "up";
  const healthy = new Set(gateways.filter(isUp));
  return { healthy, lost: gateways.filter((gateway, index) => adopted.has(index) && !healthy.has(gateway)) };
}

function detailOf(result: ProbeResult): string {
  return result.kind === "success" ? `status ${result.status}` : result.detail;
}
