import { familiesOf, inFamily } from "../config/families.ts";
import type { PoolConfig } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import { familyOfEvent } from "../events/per-family.ts";
import type { Family } from "../net/address.ts";
import type { TableRef } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import { DdnsModel } from "./ddns.ts";
import { joinFamilies } from "./ddns-families.ts";
import type { GatewayView } from "./gateway.ts";
import type { GatewaysModel } from "./gateways.ts";
import { PoolFamilyModel } from "./pool-family.ts";
import { type PoolView, viewFamilies, viewPool } from "./pool-view.ts";
import type { Pool } from "./schema.ts";
import type { PoolReport } from "./standing.ts";

export interface PoolModelOptions {
  readonly pool: PoolConfig;
  readonly tableRef: TableRef;
  /** The provider's name in metrics; undefined without DDNS. */
  readonly ddnsLabel: string | undefined;
}

/** The state of one pool, updated by its events, in each family that it routes. It never grows. */
export class PoolModel {
  readonly name: string | undefined;
  readonly #pool: PoolConfig;
  readonly #families: readonly PoolFamilyModel[];
  /** By family; empty without a DNS name. */
  readonly #ddns: ReadonlyMap<Family, DdnsModel>;

  /** @param former the same pool with an earlier configuration: what is known of it remains */
  constructor(options: PoolModelOptions, shared: GatewaysModel, clock: Clock, former?: PoolModel) {
    const { pool, tableRef, ddnsLabel } = options;
    const conditional = pool.ddnsRequireIpAddress !== undefined;
    this.name = pool.name;
    this.#pool = pool;
    this.#families = familiesOf(pool).map((family) => {
      const own = { family, pool: inFamily(pool, family)!, tableRef };
      return new PoolFamilyModel(own, shared, clock, former && former.#familyOf(family));
    });
    const before = former?.isSameName(pool) ? former.#ddns : undefined;
    const nameIn = (family: Family): DdnsModel =>
      before?.get(family) ?? new DdnsModel(ddnsLabel!, pool.ddnsHostname!, conditional, clock);
    const named = ddnsLabel === undefined ? [] : familiesOf(pool);
    this.#ddns = new Map(named.map((family) => [family, nameIn(family)]));
  }

  /** Whether another configuration keeps the DNS name in the same way. */
  isSameName(pool: PoolConfig): boolean {
    const textOf = ({ ddnsProvider, ddnsHostname, ddnsRequireIpAddress }: PoolConfig): string =>
      JSON.stringify([ddnsProvider, ddnsHostname, ddnsRequireIpAddress]);
    return textOf(pool) === textOf(this.#pool);
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "ddns-write-gate":
      case "ddns-desired":
      case "ddns-verified":
      case "ddns-trouble":
      case "ddns-scheduled":
        this.#ddns.get(familyOfEvent(event))?.record(event);
        break;
      default:
        this.#familyOf(familyOfEvent(event))?.record(event);
    }
  }

  #familyOf(family: Family): PoolFamilyModel | undefined {
    return this.#families.find((one) => one.family === family);
  }

  /** @param shared what is known of all gateways, whatever pools use them */
  view({ families, ...standing }: PoolReport, shared: ReadonlyMap<string, GatewayView>): PoolView {
    const names = [...this.#ddns].map(([family, model]) => [family, model.view()] as const);
    const hasDdns = names.length > 0;
    // A pool of one family answers for all that it has: what rejects the other family is part of it.
    const inEach = this.#families.length > 1 ? families : undefined;
    const views = this.#families.map((one) => one.view(inEach?.get(one.family) ?? standing, shared, hasDdns));
    return { ...viewFamilies(views), ddns: hasDdns ? joinFamilies(names) : null };
  }

  /** The pool with its settings, where it has a name. */
  describe(view: PoolView): Pool | undefined {
    return this.name === undefined ? undefined : viewPool(this.#pool, view);
  }
}
