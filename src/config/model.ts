import type { ProviderName } from "../ddns/providers/registry.ts";
import type { LookUpSettings } from "../ddns/settings.ts";
import { type Family, isAddress } from "../net/address.ts";
import { type Cidr, distinct } from "../net/cidr.ts";
import type { Requirement } from "../pool/gateway-health.ts";
import type { Trigger } from "../pool/quality-triggers.ts";
import { isForAll, type Selectors } from "../routing/selectors.ts";
import type { PoolPlaces, ProbePlaces, ProbeTables, TableRef } from "../routing/types.ts";
import { isManaged } from "./destinations.ts";
import type { OptionValues } from "./options.ts";
import { hostOfUrl } from "./target-text.ts";
import { literalAddresses, targetAddresses, type ThroughProber } from "./through-values.ts";

/** Options that concern the process as a whole. */
export const SERVICE_KEYS = [
  "config",
  "takeOver",
  "onExit",
  "onChange",
  "webhookUrl",
  "hookTimeout",
  "showHookOutput",
  "metricsPort",
  "metricsAddress",
  "httpPassword",
  "allowedHost",
  "statusPage",
  "logLevel",
  "logFormat",
  "firstRoutingTableId", // tells instances apart
  "firstRulePreference",
  "controlSocket",
  "drainFile",
  "hashSeed",
  "trackFile",
  "trackFileFormat",
] as const satisfies readonly (keyof OptionValues)[];

/** Options about a DNS name of a pool. */
export const DDNS_KEYS = [
  "ddnsProvider",
  "ddnsUsername",
  "ddnsPassword",
  "ddnsHostname",
  "ddnsTimeout",
  "ddnsRecordTtl",
  "ddnsRequireIpAddress",
  "ddnsWhenNoGateways",
  "ddnsVerify",
  "ddnsApiUrl",
  "ddnsServer",
  "ddnsZone",
  "ddnsAdopt",
  "ddnsProxied",
] as const satisfies readonly (keyof OptionValues)[];

/** Options that concern one pool, whatever is probed. */
export const POOL_KEYS = [
  "tierMin",
  "tierShortage",
  "tierFailbackDelay",
  "placement",
  "usableMin",
  "flapHold",
  "minHealthy",
  "minHealthyPolicy",
  "route",
  "excludeCidr",
  "excludeReservedCidrs",
  "whenNoGateways",
  "markerRoute",
  "blockIpv6",
] as const satisfies readonly (keyof OptionValues)[];

/** Options about the public addresses of gateways, but for the time that a look-up has. */
export const PUBLIC_IP_KEYS = [
  "publicIpServiceHostname",
  "publicIpServicePort",
  "publicIpServiceScheme",
  "publicIpServicePath",
  "publicIpServiceUsername",
  "publicIpServicePassword",
  "publicIpServiceApiKey",
  "publicIpRefresh",
  "publicIpRequired",
  "publicIpAllowPrivate",
] as const satisfies readonly (keyof OptionValues)[];

/** The settings of the process, whatever its pools. Durations are milliseconds. */
export type ServiceConfig = Pick<OptionValues, (typeof SERVICE_KEYS)[number]>;

/** A gateway, which is probed once, whatever pools use it. */
export interface GatewayConfig {
  /** That of IPv4 where it has both; what a gateway without a name is called. */
  readonly address: string;
  /** That of IPv6 where `address` is of IPv4. */
  readonly address6?: string;
  /** What people call it; undefined where its address is its name. */
  readonly name?: string;
  /** Names of what probes it. */
  readonly probes: readonly [string, ...string[]];
  /** Whether all of them have to succeed, or any of them. */
  readonly requirement: Requirement;
  /** Whether it is taken out of all pools for maintenance. */
  readonly drained?: true;
  /** Decides about its mark and its table for probes; without this, its index does. A reload gives no gateway another one. */
  readonly place?: number;
}

interface AnyProbe {
  /** What it is called in the status, in metrics and in reasons. */
  readonly name: string;
  readonly period: number;
  readonly timeout: number;
  readonly rise: number;
  readonly fall: number;
}

/** A probe of a gateway itself. Durations are milliseconds. */
export interface GatewayProbe extends AnyProbe {
  readonly kind: "gateway";
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly path: string;
  /** Time between probes of a gateway between its states; undefined where that is `period` as well. */
  readonly fastPeriod: number | undefined;
}

/** A probe of targets beyond a gateway, through it. Durations are milliseconds. */
export interface BeyondProbe extends AnyProbe, ThroughProber {
  readonly kind: "beyond";
  /** How many targets have to answer. */
  readonly need: number;
  /** What has to stand in the body of the answer of a URL. */
  readonly text: string | undefined;
  readonly maxLoss: Trigger | undefined;
  readonly maxLatency: Trigger | undefined;
}

export type ProbeConfig = GatewayProbe | BeyondProbe;

/** How the exits of gateways are asked for. Durations are milliseconds. */
export interface ExitCheckConfig {
  /** They take turns; none asks for nothing. */
  readonly urls: readonly string[];
  readonly period: number;
  readonly timeout: number;
}

/** How public addresses are looked up. Durations are milliseconds. */
export interface PublicIpConfig extends LookUpSettings {
  readonly publicIpRefresh: number;
  readonly publicIpRequired: boolean;
  /** Set where this process turns out not to be able to mark packets: look-ups then take the usual routes. */
  readonly unmarked?: true;
}

/** A gateway as one pool uses it. */
export interface Member {
  /** Its address; that of IPv4 where it has both. */
  readonly gateway: string;
  /** That of IPv6 where it has both. */
  readonly address6?: string;
  /** What people call it; undefined where its address is its name. */
  readonly name?: string;
  /** Its share of the flows in relation to those of the other members of its tier; 1 to 100. */
  readonly weight: number;
  /** The members of the lowest tier with enough usable ones carry the traffic; 1 or more. */
  readonly tier: number;
}

/** A DNS name that is kept on the public addresses of gateways of a pool. Durations are milliseconds. */
export interface DnsNameConfig extends Pick<OptionValues, (typeof DDNS_KEYS)[number]> {
  readonly ddnsProvider: ProviderName;
  readonly ddnsHostname: string;
  readonly ddnsPassword: string;
  /** The one member whose addresses it has; those of all active members without this. */
  readonly follows?: Pick<Member, "gateway" | "address6">;
}

/** The settings of one pool of gateways. Durations are milliseconds. */
export interface PoolConfig extends Pick<OptionValues, (typeof POOL_KEYS)[number]> {
  /** Left out where there is one pool only: then nothing that people or programs read names it. */
  readonly name?: string;
  /** A track file of its own. */
  readonly ownTrackFile?: string;
  /** The gateways in the order of their slots. */
  readonly members: readonly Member[];
  /** Their addresses, one of each. */
  readonly gateways: readonly string[];
  readonly selectors: Selectors;
  /** No two of them are one name at one provider. */
  readonly dnsNames: readonly DnsNameConfig[];
  /** Destinations of IPv6 that it rejects since it cannot route them; with `blockIpv6` they are all. */
  readonly rejectedIpv6?: readonly Cidr[];
  /** The routing table that holds its routes. */
  readonly table: number;
  /** The preference of the rules that lead there. */
  readonly preference: number;
}

/** All settings, checked. The flags mean exactly one pool, without a name. */
export interface Config {
  readonly service: ServiceConfig;
  /** All gateways. */
  readonly gateways: readonly GatewayConfig[];
  /** All probes, also those that no gateway has. */
  readonly probes: readonly ProbeConfig[];
  /** Where packets beyond one gateway find their way. */
  readonly probePlaces: ProbePlaces;
  readonly exitCheck: ExitCheckConfig;
  readonly publicIp: PublicIpConfig;
  readonly pools: readonly [PoolConfig, ...PoolConfig[]];
}

export type { Selectors };

type Probing = Pick<Config, "gateways" | "probes">;

/** The addresses of a gateway: that of IPv4, if it has one, and then that of IPv6. */
export function allAddresses({ address, address6 }: Pick<GatewayConfig, "address" | "address6">): readonly string[] {
  return address6 === undefined ? [address] : [address, address6];
}

/** The addresses of all gateways, of both families. */
export function addressesOf({ gateways }: Pick<Config, "gateways">): readonly string[] {
  return gateways.flatMap(allAddresses);
}

/** Whether all probes of a gateway have to succeed, or any of them, by its address. */
export function requirementsOf({ gateways }: Pick<Config, "gateways">): (gateway: string) => Requirement {
  const requirements = new Map(
    gateways.flatMap((gateway) => allAddresses(gateway).map((address) => [address, gateway.requirement])),
  );
  return (gateway) => requirements.get(gateway)!;
}

/** The addresses of gateways, those of one family, at their places, some of which may be free. */
export function placedGateways({ gateways }: Pick<Config, "gateways">): readonly (string | undefined)[] {
  const placed = new Map(gateways.map(({ address, place }, index) => [place ?? index, address]));
  return Array.from({ length: Math.max(...placed.keys()) + 1 }, (_, place) => placed.get(place));
}

/** What probes a gateway, in the order of all probes. */
export function probesOf(probes: readonly ProbeConfig[], gateway: GatewayConfig): readonly ProbeConfig[] {
  return probes.filter(({ name }) => gateway.probes.includes(name));
}

/** The probes that any gateway has. */
export function usedProbes({ gateways, probes }: Probing): readonly ProbeConfig[] {
  const used = new Set(gateways.flatMap((gateway) => gateway.probes));
  return probes.filter(({ name }) => used.has(name));
}

/** Those of them that ask targets beyond the gateways. */
export function beyondProbes(config: Probing): readonly BeyondProbe[] {
  return usedProbes(config).flatMap((probe) => (probe.kind === "beyond" ? probe : []));
}

/** Those of them that ask the gateways themselves. */
export function gatewayProbes(config: Probing): readonly GatewayProbe[] {
  return usedProbes(config).flatMap((probe) => (probe.kind === "gateway" ? probe : []));
}

/** Where a pool keeps its routes, and the preference of the rules that lead there. */
export function tableRefOf({ table, preference, selectors }: PoolConfig): TableRef {
  return isForAll(selectors) ? { table, preference } : { table, preference, selectors };
}

/**
 * Where the routes for packets beyond one gateway are; undefined where none are sent.
 *
 * @param family that of the targets; all by default
 */
export function probeTablesOf(config: Config, family?: Family): ProbeTables | undefined {
  const { probePlaces, exitCheck } = config;
  const probes = beyondProbes(config);
  const bypass = exitCheck.urls.length > 0;
  const service = looksUpThrough(config) ? [config.publicIp.publicIpServiceHostname!] : [];
  if (probes.length === 0 && !bypass && service.length === 0) return undefined;
  const inFamily = ({ address }: Cidr): boolean => family === undefined || address.family === family;
  const exitServices = literalAddresses(exitCheck.urls.map(hostOfUrl)).filter(inFamily);
  const targets = distinct([...targetAddresses(probes), ...exitServices, ...literalAddresses(service)]);
  return { ...probePlaces, targets: targets.filter(inFamily), ...(bypass && { bypass, exitServices }) };
}

/**
 * Whether public addresses are asked of a service, through each gateway. One with an address that no pool routes through its
 * gateways is asked over the usual routes; of a host name that shows only when it is resolved.
 */
export function looksUpThrough(config: Pick<Config, "gateways" | "publicIp" | "pools">): boolean {
  const { publicIp, pools } = config;
  const { unmarked, publicIpServiceHostname: host, publicIpRequired } = publicIp;
  const isAsked = publicIpRequired || pools.some(({ dnsNames }) => dnsNames.length > 0);
  if (unmarked || host === undefined || !isAsked) return false;
  return !isAddress(host) || pools.some((pool) => isManaged(host, pool, addressesOf(config)));
}

/** Where each pool keeps all that it makes in the kernel. */
export function placesOf(config: Config): PoolPlaces[] {
  const probes = probeTablesOf(config);
  return config.pools.map((pool) => ({ tableRef: tableRefOf(pool), probes }));
}
