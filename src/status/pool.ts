import type { PoolConfig } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { ServiceEvent } from "../events/events.ts";
import type { Shortage } from "../pool/select.ts";
import type { TableRef } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import { DdnsModel } from "./ddns.ts";
import type { GatewayView } from "./gateway.ts";
import type { GatewaysModel } from "./gateways.ts";
import { MemberModel } from "./member.ts";
import { type PoolView, type UsedGateway, viewPool } from "./pool-view.ts";
import { RoutingModel } from "./routing.ts";
import type { Pool, Report } from "./schema.ts";
import { TiersModel } from "./tiers.ts";
import { verdictOf } from "./verdict.ts";

export interface PoolModelOptions {
  readonly pool: PoolConfig;
  readonly tableRef: TableRef;
  /** The provider's name in metrics; undefined without DDNS. */
  readonly ddnsLabel: string | undefined;
}

/** The state of one pool, updated by its events; that of its gateways is shared. It never grows. */
export class PoolModel {
  readonly name: string | undefined;
  readonly #pool: PoolConfig;
  readonly #members: ReadonlyMap<string, MemberModel>;
  readonly #routing: RoutingModel;
  readonly #ddns: DdnsModel | undefined;
  readonly #tiers: TiersModel | undefined;
  #shortage: Shortage | undefined;

  /** @param former the same pool with an earlier configuration: what is known of it remains */
  constructor(options: PoolModelOptions, shared: GatewaysModel, clock: Clock, former?: PoolModel) {
    const { pool, tableRef, ddnsLabel } = options;
    const conditional = pool.ddnsRequireIpAddress !== undefined;
    this.name = pool.name;
    this.#pool = pool;
    const known = former ? former.#members : new Map<string, MemberModel>();
    const memberOf = (one: string): MemberModel => {
      const before = known.get(one);
      return before?.isOf(shared.of(one)) ? before : new MemberModel(shared.of(one), clock);
    };
    this.#members = new Map(pool.gateways.map((one) => [one, memberOf(one)]));
    this.#tiers = tierRulesOf(pool) && new TiersModel(pool.members, clock, former && former.#tiers);
    this.#routing = new RoutingModel(tableRef, pool.whenNoGateways, clock, former && former.#routing);
    const before = former?.isSameName(pool) ? former.#ddns : undefined;
    this.#ddns =
      ddnsLabel === undefined
        ? undefined
        : (before ?? new DdnsModel(ddnsLabel, pool.ddnsHostname!, conditional, clock));
    if (former) this.#shortage = former.#shortage;
  }

  /** Whether another configuration keeps the DNS name in the same way. */
  isSameName(pool: PoolConfig): boolean {
    const textOf = ({ ddnsProvider, ddnsHostname, ddnsRequireIpAddress }: PoolConfig): string =>
      JSON.stringify([ddnsProvider, ddnsHostname, ddnsRequireIpAddress]);
    return textOf(pool) === textOf(this.#pool);
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "unusable":
        for (const gateway of event.gateways) this.#members.get(gateway)!.leaveOut(event.fault.detail);
        break;
      case "usable":
        for (const gateway of event.gateways) this.#members.get(gateway)!.leaveOut(null);
        break;
      case "held":
        this.#members.get(event.gateway)!.hold(event.waitMs, event.losses);
        break;
      case "released":
        this.#members.get(event.gateway)!.hold(0, 0);
        break;
      case "selection":
        for (const [address, member] of this.#members) member.keep(event.kept.includes(address));
        this.#shortage = event.shortage;
        break;
      case "tier":
        this.#tiers?.use(event.tier, event.shortage);
        break;
      case "failback":
        this.#tiers?.expect(event.to);
        break;
      case "observed":
        this.#routing.observed(event.routes, event.rules);
        break;
      case "public-ip":
        this.#members.get(event.gateway)?.lookedUp(event.result); // perhaps a gateway of another pool
        break;
      case "preceded":
        this.#routing.preceded(event.diversions);
        break;
      case "public-ip-state":
        this.#members.get(event.gateway)!.setAddressState(event.state);
        break;
      case "ddns-write-gate":
      case "ddns-desired":
      case "ddns-verified":
      case "ddns-trouble":
      case "ddns-scheduled":
        this.#ddns?.record(event);
        break;
    }
  }

  /** @param shared what is known of all gateways, whatever pools use them */
  view(standing: Report, shared: ReadonlyMap<string, GatewayView>): PoolView {
    const shares = this.#routing.shares();
    const weights = new Map(this.#pool.members.map(({ gateway, weight }) => [gateway, weight]));
    const isWeighted = [...weights.values()].some((weight) => weight !== 1);
    const gateways = new Map(
      [...this.#members].map(([address, member]): [string, UsedGateway] => {
        const use = member.view(shares.get(address), this.#ddns !== undefined);
        const used = { ...shared.get(address)!.seen, ...use };
        const weight = isWeighted ? { weight: weights.get(address)! } : {};
        return [address, { ...used, ...weight, ...this.#tiers?.viewOf(used) }];
      }),
    );
    const all = [...gateways.values()];
    const tiers = this.#tiers?.view(all);
    return {
      ...verdictOf(all, standing, this.#pool.whenNoGateways, {
        shortage: this.#shortage,
        allDiverted: this.#routing.allDiverted,
        someDiverted: this.#routing.someDiverted,
        tiers,
      }),
      gateways,
      isShort: this.#shortage !== undefined,
      ...(tiers && { tiers }),
      routing: this.#routing.view(standing),
      ddns: this.#ddns?.view() ?? null,
    };
  }

  /** The pool with its settings, where it has a name. */
  describe(view: PoolView): Pool | undefined {
    return this.name === undefined ? undefined : viewPool(this.#pool, view);
  }
}
