import { type Cidr, distinct } from "../net/cidr.ts";
import type { PoolPlaces, ProbeTables, TableRef } from "../routing/types.ts";
import { asksThrough, type LookUpNeeds } from "./look-ups.ts";
import type { OptionValues } from "./options.ts";
import { literalAddresses, targetAddresses, throughName } from "./through-values.ts";

/** Options that concern the process as a whole; all others belong to a pool. */
export const SERVICE_KEYS = [
  "onExit",
  "onChange",
  "webhookUrl",
  "hookTimeout",
  "metricsPort",
  "metricsAddress",
  "httpPassword",
  "statusPage",
  "logLevel",
  "logFormat",
] as const satisfies readonly (keyof OptionValues)[];

type ServiceKey = (typeof SERVICE_KEYS)[number];

/** The settings of the process, whatever its pools. Durations are milliseconds. */
export type ServiceConfig = Pick<OptionValues, ServiceKey>;

/** A gateway as one pool uses it. */
export interface Member {
  /** Its address. */
  readonly gateway: string;
  /** What people call it; undefined where its address is its name. */
  readonly name?: string;
  /** Its share of the flows in relation to those of the other members of its tier; 1 to 100. */
  readonly weight: number;
  /** The members of the lowest tier with enough usable ones carry the traffic; 1 or more. */
  readonly tier: number;
}

/** Whose packets use a pool: those that match all that is given, and everybody's where nothing is. */
export interface Selectors {
  /** Source networks, of which one has to match. */
  readonly from: readonly Cidr[];
  /** Interfaces on which packets come in, of which one has to match. */
  readonly in: readonly string[];
  /** Packet mark. */
  readonly mark?: { readonly value: number; readonly mask: number };
}

/** The settings of one pool of gateways. Durations are milliseconds. */
export interface PoolConfig extends Omit<OptionValues, ServiceKey> {
  /** Left out where there is one pool only: then nothing that people or programs read names it. */
  readonly name?: string;
  /** The gateways in the order of their slots. */
  readonly members: readonly Member[];
  /** Their addresses. */
  readonly gateways: readonly string[];
  readonly selectors: Selectors;
  /** Set where this process turns out not to be able to mark packets: look-ups then take the usual routes. */
  readonly unmarked?: true;
}

/** All settings, checked. The flags mean exactly one pool, without a name. */
export interface Config {
  readonly service: ServiceConfig;
  readonly pools: readonly [PoolConfig, ...PoolConfig[]];
}

/** Where a pool keeps its routes, and the preference of the rule that leads there. */
export function tableRefOf({ firstRoutingTableId, firstRulePreference }: PoolConfig): TableRef {
  return { table: firstRoutingTableId, preference: firstRulePreference };
}

/** Where a pool keeps the routes for packets beyond one gateway; undefined where it sends none. */
export function probeTablesOf(pool: PoolConfig): ProbeTables | undefined {
  const { through, exitCheck, probeRulePreference: preference, firstProbeTableId: table, probeMark: mark } = pool;
  const bypass = exitCheck.length > 0;
  const service = looksUpThrough(pool) ? [pool.publicIpServiceHostname!] : [];
  if (through.length === 0 && !bypass && service.length === 0) return undefined;
  const exitServices = literalAddresses(exitCheck.map((url) => new URL(url).hostname));
  const targets = distinct([...targetAddresses(through), ...exitServices, ...literalAddresses(service)]);
  return { preference, table, mark, targets, ...(bypass && { bypass, exitServices }) };
}

/** Whether public addresses are asked of a service, through each gateway as far as it is routed through them. */
export function looksUpThrough(pool: LookUpNeeds & Pick<PoolConfig, "unmarked">): boolean {
  return !pool.unmarked && asksThrough(pool);
}

/** Whether the gateways themselves are probed. */
export function probesGateways({ through, throughOnly }: Pick<PoolConfig, "through" | "throughOnly">): boolean {
  return !throughOnly || through.length === 0;
}

/** What the probers of a pool are called where targets beyond its gateways are probed; else there is one without a name. */
export function proberNames(pool: Pick<PoolConfig, "scheme" | "through" | "throughOnly">): readonly string[] {
  const { scheme, through } = pool;
  if (through.length === 0) return [];
  return [...(probesGateways(pool) ? [scheme] : []), ...through.map(throughName)];
}

/** Where a pool keeps all that it makes in the kernel. */
export function placesOf(pool: PoolConfig): PoolPlaces {
  return { tableRef: tableRefOf(pool), probes: probeTablesOf(pool) };
}
