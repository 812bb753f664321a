import type { NamedGateway } from "../text/gateway.ts";
import type { PoolCases } from "./pool-cases.ts";
import type { GatewayPlan } from "./routing-plan.ts";

/** A gateway after one probe, and what a pool would do with it. */
export interface PlannedGateway {
  readonly address: string;
  /** Absent where it has none. */
  readonly name?: string;
  readonly healthy: boolean;
  readonly detail: string;
  readonly leftOut: string | null;
  readonly active: boolean;
  /** Whether it is not used since its tier is not in use; absent where all gateways are of one tier. */
  readonly standby?: boolean;
  /** Absent where it is not taken out for maintenance. */
  readonly drained?: true;
}

/** Changes of the records of a DNS name. */
export interface DdnsPlan {
  readonly hostname: string;
  readonly provider: string;
  readonly changes: readonly string[];
  /** Why nothing would be changed, or not everything is known. */
  readonly remarks: readonly string[];
}

/** What would change at the DNS provider. */
export interface PlannedNames {
  /** That of the first name; null without any. */
  readonly ddns: DdnsPlan | null;
  /** Those of all names; absent where there is one at most. */
  readonly dnsNames?: readonly DdnsPlan[];
}

/** The plan of each DNS name. */
export function plansOfNames({ ddns = null, dnsNames }: Partial<PlannedNames>): readonly DdnsPlan[] {
  return dnsNames ?? (ddns === null ? [] : [ddns]);
}

/** What a service would change now; the form of `-json`. */
export interface ServicePlan extends Partial<PlannedNames> {
  /** Whether an instance runs that manages the table, or those of all pools. */
  readonly running: boolean;
  /** Of all pools, once for each address in use. One is active where any of them would use it. */
  readonly gateways: readonly PlannedGateway[];
  readonly kernel: {
    /** `ip` commands, in the order in which they would be run. */
    readonly commands: readonly string[];
    /** Commands that then remove pools which the file no longer has; absent where no such pool runs. */
    readonly removal?: readonly string[];
    /** Commands that remove what killed runs left in other tables. */
    readonly cleaning: readonly string[];
    /** What keeps the service from other changes. */
    readonly obstacles: readonly string[];
  };
  /** In the order in which they are asked; absent where there is one. */
  readonly pools?: readonly PlannedPool[];
}

/** What a service would change for one of several pools; part of the form of `-json`. */
export interface PlannedPool extends PlannedNames {
  readonly name: string;
  /** 1 for the pool that is asked first. */
  readonly asked: number;
  readonly table: number;
  /** That of the rules into the table. */
  readonly preference: number;
  /** Whether an instance runs that manages the table. */
  readonly running: boolean;
  /** Its rules, such as `rules 10888 to 10891`. */
  readonly rules: string;
  /** Whose packets it is for, such as `packets from 10.78.0.0/24`. */
  readonly packets: string;
  /** Where these have to go to, and where not (`exclude`). */
  readonly routes: readonly string[];
  readonly excluded: readonly string[];
  /** Those that are its members. */
  readonly gateways: readonly (PlannedGateway & {
    readonly weight: number;
    readonly tier: number;
    /** Its part of the flows of its family, from 0 to 1. */
    readonly share: number;
  })[];
  /** What happens to its packets, by what its gateways do; to those of IPv4 where it routes both families. */
  readonly cases: PoolCases;
  /** The same in IPv6; absent where it routes one family. */
  readonly cases6?: PoolCases;
  readonly commands: readonly string[];
  readonly obstacles: readonly string[];
}

/** A gateway in the form of `-json`. */
export function gatewayEntry(
  { gateway: address, leftOut, ...rest }: GatewayPlan,
  { name }: Pick<NamedGateway, "name"> = {},
): PlannedGateway {
  return { address, ...(name !== undefined && { name }), ...rest, leftOut: leftOut ?? null };
}

/** The same plan for one of the pools. */
export function planOfPool(plan: ServicePlan, name: string): ServicePlan {
  const pool = plan.pools?.find((one) => one.name === name);
  if (pool === undefined) return plan; // it is the only one
  const { running, commands, obstacles } = pool;
  const members = new Set(pool.gateways.map(({ address }) => address));
  const gateways = plan.gateways.filter(({ address }) => members.has(address));
  return { running, gateways, kernel: { ...plan.kernel, commands, obstacles }, pools: [pool] };
}
