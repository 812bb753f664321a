import type { PoolConfig } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import type { ServiceEvent } from "../events/events.ts";
import type { Family } from "../net/address.ts";
import type { Shortage } from "../pool/select.ts";
import type { TableRef } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import type { GatewayView } from "./gateway.ts";
import type { GatewaysModel } from "./gateways.ts";
import { MemberModel } from "./member.ts";
import type { FamilyView, UsedGateway } from "./pool-view.ts";
import { RoutingModel } from "./routing.ts";
import type { Report } from "./schema.ts";
import { TiersModel } from "./tiers.ts";
import { verdictOf } from "./verdict.ts";

export interface PoolFamilyOptions {
  readonly family: Family;
  /** As the family has it. */
  readonly pool: PoolConfig;
  readonly tableRef: TableRef;
}

/** The state of one pool in one family, updated by its events; that of its gateways is shared. It never grows. */
export class PoolFamilyModel {
  readonly family: Family;
  readonly #pool: PoolConfig;
  readonly #members: ReadonlyMap<string, MemberModel>;
  readonly #routing: RoutingModel;
  readonly #tiers: TiersModel | undefined;
  #shortage: Shortage | undefined;

  /** @param former the same family of the pool with an earlier configuration: what is known of it remains */
  constructor(options: PoolFamilyOptions, shared: GatewaysModel, clock: Clock, former?: PoolFamilyModel) {
    const { family, pool, tableRef } = options;
    this.family = family;
    this.#pool = pool;
    const known = former ? former.#members : new Map<string, MemberModel>();
    const memberOf = (one: string): MemberModel => {
      const before = known.get(one);
      return before?.isOf(shared.of(one)) ? before : new MemberModel(shared.of(one), clock);
    };
    this.#members = new Map(pool.gateways.map((one) => [one, memberOf(one)]));
    this.#tiers = tierRulesOf(pool) && new TiersModel(pool.members, clock, former && former.#tiers);
    this.#routing = new RoutingModel(tableRef, pool, clock, former && former.#routing);
    if (former) this.#shortage = former.#shortage;
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
    }
  }

  /**
   * @param shared what is known of all gateways, whatever pools use them
   * @param hasDdns whether public addresses are used
   */
  view(standing: Report, shared: ReadonlyMap<string, GatewayView>, hasDdns: boolean): FamilyView {
    const shares = this.#routing.shares();
    const weights = new Map(this.#pool.members.map(({ gateway, weight }) => [gateway, weight]));
    const isWeighted = [...weights.values()].some((weight) => weight !== 1);
    const gateways = new Map(
      [...this.#members].map(([address, member]): [string, UsedGateway] => {
        const use = member.view(shares.get(address), hasDdns);
        const used = { ...shared.get(address)!.seen, ...use };
        const weight = isWeighted ? { weight: weights.get(address)! } : {};
        return [address, { ...used, ...weight, ...this.#tiers?.viewOf(used) }];
      }),
    );
    const all = [...gateways.values()];
    const tiers = this.#tiers?.view(all);
    return {
      family: this.family,
      ...verdictOf(all, standing, this.#pool.whenNoGateways, {
        shortage: this.#shortage,
        allDiverted: this.#routing.allDiverted,
        someDiverted: this.#routing.someDiverted,
        tiers,
      }),
      members: this.#pool.members,
      gateways,
      isShort: this.#shortage !== undefined,
      ...(tiers && { tiers }),
      routing: this.#routing.view(standing),
    };
  }
}
