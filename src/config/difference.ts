import { SERVICE } from "./file/tables.ts";
import type { Key } from "./file/keys.ts";
import { isSameGateway } from "./families.ts";
import { MOST_GATEWAYS } from "./limits.ts";
import type { Config, DnsNameConfig, GatewayConfig, PoolConfig, ServiceConfig } from "./model.ts";

/** What two lists of things with names have not in common. */
export interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What a configuration has that another one has not. */
export interface Difference {
  /** Keys of [service] that differ and cannot change while the service runs. */
  readonly fixed: readonly string[];
  /** Other keys of it that differ. */
  readonly service: readonly string[];
  /** By their addresses. */
  readonly gateways: Changes;
  readonly probes: Changes;
  /** By their names; the empty one is that of the pool without a name. */
  readonly pools: Changes;
  /** By host name and provider, and pool where that has a name; absent where they do not differ. */
  readonly dnsNames?: Changes;
  /** Further tables that differ, such as [exit-check]. */
  readonly tables: readonly string[];
}

/** Settings that the service takes only when it starts. */
const FIXED = [
  "metricsPort",
  "metricsAddress",
  "httpPassword",
  "allowedHost",
  "statusPage",
  "logLevel",
  "logFormat",
  "firstRoutingTableId",
  "firstRulePreference",
  "controlSocket",
  "drainFile",
  "hashSeed",
] as const satisfies readonly (keyof ServiceConfig)[];

const FIXED_KEYS: readonly string[] = FIXED;

/** Where the rules and routes for probes are can change no more than those settings. */
const PLACE_KEYS = {
  preference: "probeRulePreference",
  table: "firstProbeTableId",
  mark: "probeMark",
} as const;

/** What is to change so that a running service serves another configuration. */
export function differenceOf(running: Config, wanted: Config): Difference {
  const places = keysOf(PLACE_KEYS).filter((key) => running.probePlaces[key] !== wanted.probePlaces[key]);
  const service = keysOf({ ...running.service, ...wanted.service }).filter(
    (key) => key !== "config" && !same(running.service[key], wanted.service[key]),
  );
  const isFixed = (key: string): boolean => FIXED_KEYS.includes(key);
  const dnsNames = changesOf(namesOf(running), namesOf(wanted), dnsNameText, ({ name }) => name);
  return {
    fixed: [...service.filter(isFixed), ...places.map((place) => PLACE_KEYS[place])].map(keyName),
    service: service.filter((key) => !isFixed(key)).map(keyName),
    gateways: changesOf(running.gateways, wanted.gateways, ({ address }) => address, withoutPlace),
    probes: changesOf(running.probes, wanted.probes, ({ name }) => name),
    pools: changesOf(running.pools, wanted.pools, ({ name = "" }) => name),
    ...(hasAny(dnsNames) && { dnsNames }),
    tables: [
      ...(same(running.exitCheck, wanted.exitCheck) ? [] : ["[exit-check]"]),
      ...(same(running.publicIp, wanted.publicIp) ? [] : ["[public-ip]"]),
    ],
  };
}

/** Whether nothing of it can be brought about without a restart. */
export function isNothing({ service, gateways, probes, pools, tables }: Difference): boolean {
  return [service, tables].every((list) => list.length === 0) && ![gateways, probes, pools].some(hasAny);
}

function hasAny({ added, removed, changed }: Changes): boolean {
  return [added, removed, changed].some((list) => list.length > 0);
}

interface NameOfPool {
  readonly pool: PoolConfig;
  readonly name: DnsNameConfig;
}

function namesOf({ pools }: Config): NameOfPool[] {
  return pools.flatMap((pool) => pool.dnsNames.map((name) => ({ pool, name })));
}

/** In lower case: other letters make no other name of it. */
function dnsNameText({ pool, name: { ddnsHostname, ddnsProvider } }: NameOfPool): string {
  return `${ddnsHostname.toLowerCase()} at ${ddnsProvider}${pool.name === undefined ? "" : ` (pool ${pool.name})`}`;
}

/** The wanted configuration as the running service can have it: with its settings that cannot change. */
export function reloadable(running: Config, wanted: Config): Config {
  return {
    ...wanted,
    service: { ...wanted.service, ...Object.fromEntries(FIXED.map((key) => [key, running.service[key]])) },
    probePlaces: running.probePlaces,
    gateways: keepPlaces(running.gateways, wanted.gateways),
  };
}

/** Gateways with places that are their own: each that runs keeps its place, others get places that no running one has. */
export function keepPlaces(running: readonly GatewayConfig[], wanted: readonly GatewayConfig[]): GatewayConfig[] {
  const placed = running.map((gateway, index) => ({ gateway, place: gateway.place ?? index }));
  const taken = new Set(placed.map(({ place }) => place));
  const before = wanted.map((gateway) => takeFrom(placed, (one) => isSameGateway(one.gateway, gateway))?.place);
  const kept = new Set(before);
  // A place of a gateway that goes is used only where there are no others: its probes may be under way.
  const places = Array.from({ length: MOST_GATEWAYS }, (_, place) => place);
  const free = [
    ...places.filter((place) => !taken.has(place)),
    ...places.filter((place) => taken.has(place) && !kept.has(place)),
  ].values();
  return wanted.map((gateway, index) => ({ ...gateway, place: before[index] ?? free.next().value! }));
}

/** The first item that fits, which the list then has no more. */
function takeFrom<T>(items: T[], fits: (item: T) => boolean): T | undefined {
  const index = items.findIndex(fits);
  return index < 0 ? undefined : items.splice(index, 1)[0];
}

function withoutPlace({ place: _, ...gateway }: GatewayConfig): unknown {
  return gateway;
}

function changesOf<T>(
  running: readonly T[],
  wanted: readonly T[],
  nameOf: (one: T) => string,
  partOf: (one: T) => unknown = (one) => one,
): Changes {
  const before = new Map(running.map((one) => [nameOf(one), one]));
  const after = new Map(wanted.map((one) => [nameOf(one), one]));
  const names = [...after.keys()];
  return {
    added: names.filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: names.filter((name) => before.has(name) && !same(partOf(before.get(name)!), partOf(after.get(name)!))),
  };
}

/** Whether two settings are the same, however their objects are made. */
export function same(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other);
}

/** A value as text to compare: keys in their alphabetic order, maps as lists. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return { map: [...part] };
    if (typeof part === "bigint") return String(part);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const entries = Object.entries(part).filter(([, one]) => one !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as string;
}

function keysOf<T extends object>(object: T): (keyof T & string)[] {
  return Object.keys(object) as (keyof T & string)[];
}

/** How the file calls an option of the service. */
function keyName(option: string): string {
  return (SERVICE.keys as Readonly<Record<string, Key>>)[option]?.name ?? option;
}
