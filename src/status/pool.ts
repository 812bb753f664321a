import { dnsNameKey, dnsNameText, perDnsName } from "../config/dns-names.ts";
import { familiesOf, inFamily } from "../config/families.ts";
import type { DnsNameConfig, PoolConfig } from "../config/model.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import { nameText } from "../ddns/record-type.ts";
import type { ServiceEvent } from "../events/events.ts";
import { familyOfEvent } from "../events/per-family.ts";
import type { Family } from "../net/address.ts";
import type { TableRef } from "../routing/types.ts";
import { gatewayLabel } from "../text/gateway.ts";
import type { Clock } from "../time/clock.ts";
import { DdnsModel } from "./ddns.ts";
import { joinFamilies } from "./ddns-families.ts";
import { withFaults } from "./faults.ts";
import type { GatewayView } from "./gateway.ts";
import type { GatewaysModel } from "./gateways.ts";
import { PoolFamilyModel } from "./pool-family.ts";
import { type PoolView, viewFamilies, viewPool } from "./pool-view.ts";
import type { Ddns, Pool } from "./schema.ts";
import type { PoolReport } from "./standing.ts";

export interface PoolModelOptions {
  readonly pool: PoolConfig;
  readonly tableRef: TableRef;
}

/** The state of a DNS name, by the family of its records. */
type DnsNameModel = ReadonlyMap<Family, DdnsModel>;

/** The state of one pool, updated by its events, in each family that it routes. It never grows. */
export class PoolModel {
  readonly name: string | undefined;
  readonly #pool: PoolConfig;
  readonly #families: readonly PoolFamilyModel[];
  /** By their keys. */
  readonly #dnsNames: ReadonlyMap<string, DnsNameModel>;
  readonly #nameOf: (event: ServiceEvent) => DnsNameModel | undefined;

  /** @param former the same pool with an earlier configuration: what is known of it remains */
  constructor(options: PoolModelOptions, shared: GatewaysModel, clock: Clock, former?: PoolModel) {
    const { pool, tableRef } = options;
    this.name = pool.name;
    this.#pool = pool;
    this.#families = familiesOf(pool).map((family) => {
      const own = { family, pool: inFamily(pool, family)!, tableRef };
      return new PoolFamilyModel(own, shared, clock, former && former.#familyOf(family));
    });
    this.#dnsNames = new Map(
      pool.dnsNames.map((name) => {
        const before = former && former.#nameLike(name);
        const models = familiesOfName(pool, name).map((family) => {
          return [family, before?.get(family) ?? createName(name, clock)] as const;
        });
        return [dnsNameKey(name), new Map(models)];
      }),
    );
    this.#nameOf = perDnsName(pool.dnsNames, (name) => this.#dnsNames.get(dnsNameKey(name))!);
  }

  /** What is known of a name that was kept in the same way. */
  #nameLike(name: DnsNameConfig): DnsNameModel | undefined {
    const key = dnsNameKey(name);
    const before = this.#pool.dnsNames.find((one) => dnsNameKey(one) === key);
    const textOf = ({ ddnsHostname, ddnsRequireIpAddress }: DnsNameConfig): string =>
      JSON.stringify([ddnsHostname, ddnsRequireIpAddress]);
    return before && textOf(before) === textOf(name) ? this.#dnsNames.get(key) : undefined;
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "ddns-write-gate":
      case "ddns-desired":
      case "ddns-verified":
      case "ddns-trouble":
      case "ddns-scheduled":
      case "ddns-shown":
      case "ddns-not-shown":
        this.#nameOf(event)?.get(familyOfEvent(event))?.record(event);
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
    const dnsNames = this.#pool.dnsNames.flatMap((name) => {
      return viewName(this.#dnsNames.get(dnsNameKey(name))!, followedLabel(name, this.#pool));
    });
    const hasDdns = (family: Family): boolean => [...this.#dnsNames.values()].some((one) => one.has(family));
    // A pool of one family answers for all that it has: what rejects the other family is part of it.
    const inEach = this.#families.length > 1 ? families : undefined;
    const views = this.#families.map((one) =>
      one.view(inEach?.get(one.family) ?? standing, shared, hasDdns(one.family)),
    );
    const routed = viewFamilies(views);
    const verdict = withFaults(routed, this.#dnsFaults());
    return { ...routed, ...verdict, ddns: dnsNames[0] ?? null, ...(dnsNames.length > 1 && { dnsNames }) };
  }

  #dnsFaults(): string[] {
    const { dnsNames } = this.#pool;
    return dnsNames.flatMap((name) => {
      const models = [...this.#dnsNames.get(dnsNameKey(name))!];
      return models.flatMap(([family, model]) => {
        return model.fault(nameText(dnsNameText(name, dnsNames), family, models.length > 1)) ?? [];
      });
    });
  }

  /** The pool with its settings, where it has a name. */
  describe(view: PoolView): Pool | undefined {
    return this.name === undefined ? undefined : viewPool(this.#pool, view);
  }
}

/** The families in which a name has records: one that follows a gateway, those of its addresses. */
function familiesOfName(pool: PoolConfig, name: DnsNameConfig): Family[] {
  const key = dnsNameKey(name);
  return familiesOf(pool).filter((family) => inFamily(pool, family)!.dnsNames.some((one) => dnsNameKey(one) === key));
}

function createName({ ddnsProvider, ddnsHostname, ddnsRequireIpAddress: required }: DnsNameConfig, clock: Clock) {
  return new DdnsModel(PROVIDERS[ddnsProvider].label, ddnsHostname, required !== undefined, clock);
}

/** What people call the gateway that a name follows; undefined where it follows all. */
function followedLabel({ follows }: DnsNameConfig, { members }: PoolConfig): string | undefined {
  if (follows === undefined) return undefined;
  const { gateway: address } = follows;
  return gatewayLabel({ address, name: members.find(({ gateway }) => gateway === address)?.name });
}

/** The state of a name as a whole; none where it has no records. */
function viewName(models: DnsNameModel, gateway: string | undefined): Ddns | [] {
  if (models.size === 0) return [];
  const whole = joinFamilies([...models].map(([family, model]) => [family, model.view()] as const));
  return { ...whole, ...(gateway !== undefined && { gateway }) };
}
