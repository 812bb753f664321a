import { rejectedIn } from "../config/families.ts";
import type { PoolConfig } from "../config/model.ts";
import { formatCidr } from "../net/cidr.ts";
import { describeDiversion, diverterText } from "../log/describe.ts";
import type { Diversion } from "../routing/diversions.ts";
import { baseOf, isKillSwitchRule, type WhenNoGateways } from "../routing/kill-switch.ts";
import { leadsToTable, nexthopsInUse, type Share, sharesOf } from "../routing/shares.ts";
import { type NextHop, type ObservedRoute, type ObservedRule, type TableRef, PROTOCOL } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import { rounded, Timestamp } from "./timestamp.ts";
import type { Report, Route, Routing } from "./schema.ts";

/** The routes and rules of one pool when the kernel was last read. */
export class RoutingModel {
  readonly #tableRef: TableRef;
  readonly #whenNoGateways: WhenNoGateways;
  readonly #rejectsIpv6: boolean;
  readonly #seen: Timestamp;
  #known = false;
  #rule = false;
  #guardRules = 0;
  #managed: readonly ObservedRoute[] = [];
  #exclusions = 0;
  #diversions: readonly Diversion[] = [];

  /** @param former that of an earlier configuration, which has what was read last */
  constructor(tableRef: TableRef, pool: PoolConfig, clock: Clock, former?: RoutingModel) {
    this.#tableRef = tableRef;
    this.#whenNoGateways = pool.whenNoGateways;
    this.#rejectsIpv6 = rejectedIn(pool, 6).length > 0;
    this.#seen = former ? former.#seen : new Timestamp(clock);
    if (former === undefined) return;
    this.#known = former.#known;
    this.#rule = former.#rule;
    this.#guardRules = former.#guardRules;
    this.#managed = former.#managed;
    this.#exclusions = former.#exclusions;
    this.#diversions = former.#diversions;
  }

  /** The kernel was read. */
  observed(routes: readonly ObservedRoute[], rules: readonly ObservedRule[]): void {
    const { preference } = this.#tableRef;
    const ours = routes.filter(({ protocol }) => protocol === PROTOCOL);
    this.#seen.set();
    this.#known = true;
    const excluding = ["throw", "on-link"];
    this.#managed = ours.filter(({ type }) => !excluding.includes(type)).sort((a, b) => a.metric - b.metric);
    this.#exclusions = ours.filter(({ type }) => type === "throw").length;
    this.#guardRules = rules.filter(
      (rule) => rule.protocol === PROTOCOL && isKillSwitchRule(rule) && baseOf(rule) === preference,
    ).length;
    this.#rule = leadsToTable(rules, this.#tableRef);
  }

  /** These rules and routes of other programs come before ours. */
  preceded(diversions: readonly Diversion[]): void {
    this.#diversions = diversions;
  }

  /** The effect of a rule or route of another program that keeps all packets from the gateways, if there is one. */
  get allDiverted(): string | undefined {
    const diversion = this.#diversions.find(({ extent }) => extent === "all");
    return diversion && describeDiversion(diversion);
  }

  /** The effect of each that keeps some packets from the gateways, and from being rejected. */
  get someDiverted(): readonly string[] {
    return this.#diversions.filter(({ extent }) => extent === "some").map(describeDiversion);
  }

  /**
   * Each nexthop's share of the flows, 0 to 1, of the first managed route. Without our rule, or with another one that
   * diverts all packets, no packet uses that route.
   */
  shares(): ReadonlyMap<string, number> {
    const isUsed = this.#rule && this.allDiverted === undefined;
    const nexthops = isUsed ? nexthopsInUse(this.#managed) : [];
    return new Map(shownShares(nexthops).map(({ gateway, share }) => [gateway, share]));
  }

  view(standing: Report): Routing {
    return {
      standing: { ok: standing.ok, why: standing.why },
      table: this.#tableRef.table,
      preference: this.#tableRef.preference,
      rule: this.#rule,
      whenNoGateways: this.#whenNoGateways,
      rejectsIpv6: this.#rejectsIpv6,
      guardRules: this.#guardRules,
      routes: this.#managed.map(viewRoute),
      precedingRules: this.#diversions.map(viewDiversion),
      exclusions: this.#exclusions,
      seen: this.#known ? this.#seen.view() : null,
    };
  }
}

/** The shares as the status has them, with four digits. */
function shownShares(nexthops: readonly NextHop[]): Pick<Share, "gateway" | "share">[] {
  return sharesOf(nexthops).map(({ gateway, share }) => ({ gateway, share: rounded(share, 4) }));
}

/** Networks of a rule or route that are listed at most. */
const MOST_NETWORKS = 10;

function viewDiversion(diversion: Diversion): Routing["precedingRules"][number] {
  const { extent, networks, more } = diversion;
  return {
    rule: diverterText(diversion),
    extent: extent === "all" ? extent : "some",
    networks: networks.slice(0, MOST_NETWORKS).map(formatCidr),
    more: more + Math.max(0, networks.length - MOST_NETWORKS),
    why: describeDiversion(diversion),
  };
}

function viewRoute({ family, destination, type, metric, nexthops }: ObservedRoute): Route {
  const views = nexthops.map(({ gateway, device, weight }) => ({ gateway, device: device ?? null, weight }));
  return {
    destination: formatCidr(destination),
    type,
    metric,
    nexthops: family === 6 ? joined(views) : views,
    shares: shownShares(nexthops),
  };
}

/** The nexthop objects of a group, which always has all slots: those over one gateway as one, whose weight is their number. */
function joined(nexthops: Route["nexthops"]): Route["nexthops"] {
  const places = Map.groupBy(nexthops, ({ gateway, device }) => JSON.stringify([gateway, device]));
  return [...places.values()].map((alike) => {
    return { ...alike[0]!, weight: alike.reduce((sum, { weight }) => sum + weight, 0) };
  });
}
