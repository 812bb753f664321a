import { formatCidr } from "../net/cidr.ts";
import { baseOf, isKillSwitchRule, type WhenNoGateways } from "../routing/kill-switch.ts";
import { type NextHop, type ObservedRoute, type ObservedRule, type TableRef, PROTOCOL } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import { rounded, Timestamp } from "./timestamp.ts";
import type { Report, Route, Routing } from "./schema.ts";

/** The routes and rules of one pool when the kernel was last read. */
export class RoutingModel {
  readonly #tableRef: TableRef;
  readonly #whenNoGateways: WhenNoGateways;
  readonly #seen: Timestamp;
  #known = false;
  #rule = false;
  #guardRules = 0;
  #managed: readonly ObservedRoute[] = [];
  #exclusions = 0;

  constructor(tableRef: TableRef, whenNoGateways: WhenNoGateways, clock: Clock) {
    this.#tableRef = tableRef;
    this.#whenNoGateways = whenNoGateways;
    this.#seen = new Timestamp(clock);
  }

  /** The kernel was read. */
  observed(routes: readonly ObservedRoute[], rules: readonly ObservedRule[]): void {
    const { preference, table } = this.#tableRef;
    const ours = routes.filter(({ protocol }) => protocol === PROTOCOL);
    this.#seen.set();
    this.#known = true;
    this.#managed = ours.filter(({ type }) => type !== "throw").sort((a, b) => a.metric - b.metric);
    this.#exclusions = ours.length - this.#managed.length;
    this.#guardRules = rules.filter(
      (rule) => rule.protocol === PROTOCOL && isKillSwitchRule(rule) && baseOf(rule) === preference,
    ).length;
    this.#rule = rules.some(
      (rule) =>
        rule.kind === "lookup" && rule.protocol === PROTOCOL && rule.table === table && rule.preference === preference,
    );
  }

  /** Each nexthop's share of the flows, 0 to 1, of the first managed route. Without the rule no packet uses that route. */
  shares(): ReadonlyMap<string, number> {
    return this.#rule ? sharesOf(this.#managed.find(({ type }) => type === "unicast")?.nexthops ?? []) : new Map();
  }

  view(standing: Report): Routing {
    return {
      standing: { ok: standing.ok, why: standing.why },
      table: this.#tableRef.table,
      preference: this.#tableRef.preference,
      rule: this.#rule,
      whenNoGateways: this.#whenNoGateways,
      guardRules: this.#guardRules,
      routes: this.#managed.map(viewRoute),
      exclusions: this.#exclusions,
      seen: this.#known ? this.#seen.view() : null,
    };
  }
}

/** The shares of the flows that gateways get by weight; one with several nexthops gets their sum. */
export function sharesOf(nexthops: readonly NextHop[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { gateway, weight } of nexthops) weights.set(gateway, (weights.get(gateway) ?? 0) + weight);
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  return new Map([...weights].map(([gateway, weight]) => [gateway, rounded(weight / total, 4)]));
}

function viewRoute({ destination, type, metric, nexthops }: ObservedRoute): Route {
  return {
    destination: formatCidr(destination),
    type,
    metric,
    nexthops: nexthops.map(({ gateway, device, weight }) => ({ gateway, device: device ?? null, weight })),
    shares: [...sharesOf(nexthops)].map(([gateway, share]) => ({ gateway, share })),
  };
}
