import { FAMILIES, type Family, isAddress } from "../net/address.ts";
import { type Cidr, everything } from "../net/cidr.ts";
import type { Selectors } from "../routing/selectors.ts";
import type { PoolPlaces } from "../routing/types.ts";
import type { NamedGateway } from "../text/gateway.ts";
import {
  allAddresses,
  type Config,
  type DnsNameConfig,
  type GatewayConfig,
  type Member,
  type PoolConfig,
  probeTablesOf,
  tableRefOf,
} from "./model.ts";

/*
 * A gateway with addresses of both families is one gateway, but each family uses it by its own probes and its own routes. So
 * what is about one family takes gateways and pools as if there were no other: `address` of a gateway, and `gateway` of a
 * member, are then those of the family.
 */

/** The addresses of a member: that of IPv4, if it has one, and then that of IPv6. */
export function memberAddresses({
  gateway: address,
  address6,
}: Pick<Member, "gateway" | "address6">): readonly string[] {
  return allAddresses({ address, ...(address6 !== undefined && { address6 }) });
}

function oneOf(addresses: readonly string[], family: Family): string | undefined {
  return addresses.find((address) => isAddress(address, [family]));
}

/**
 * Whether two are one gateway before and after a change: they have an address in common, and no other one in its place. Probes
 * of a former address may be under way, so another one is of another gateway.
 */
export function isSameGateway(one: GatewayConfig, other: GatewayConfig): boolean {
  const [before, after] = [allAddresses(one), allAddresses(other)];
  const shared = before.filter((address) => after.includes(address)).length;
  return shared > 0 && shared === Math.min(before.length, after.length);
}

/** The gateways that have an address of a family, at the places that they have among all. */
export function gatewaysInFamily(gateways: readonly GatewayConfig[], family: Family): GatewayConfig[] {
  return gateways.flatMap((gateway, index) => {
    const { address6: _, ...others } = gateway;
    const address = oneOf(allAddresses(gateway), family);
    return address === undefined ? [] : { ...others, address, place: gateway.place ?? index };
  });
}

/** The addresses of gateways, of both families, each with the name of its gateway. */
export function namedAddresses(gateways: readonly GatewayConfig[]): NamedGateway[] {
  return gateways.flatMap((gateway) => allAddresses(gateway).map((address) => ({ ...nameOf(gateway), address })));
}

function nameOf({ name }: GatewayConfig): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

type Destinations = Pick<PoolConfig, "route"> & Partial<Pick<PoolConfig, "blockIpv6" | "rejectedIpv6">>;

/** Which packets of a family use a pool; undefined where it has no destination of the family, or is for no packets of it. */
export function selectorsInFamily(
  pool: Destinations & Pick<PoolConfig, "selectors">,
  family: Family,
): Selectors | undefined {
  return destinationsIn(pool, family).length === 0 ? undefined : narrowTo(family, pool.selectors);
}

/** What a pool has of a family: the destinations that it routes, or those that it rejects without routing any. */
function destinationsIn(pool: Destinations, family: Family): readonly Cidr[] {
  const routed = inOneFamily(pool.route, family);
  return routed.length > 0 ? routed : rejectedIn(pool, family);
}

/** The destinations of a family whose packets a pool always rejects, since it routes none of the family. */
export function rejectedIn({ route, blockIpv6, rejectedIpv6 }: Destinations, family: Family): readonly Cidr[] {
  if (family === 4 || inOneFamily(route, family).length > 0) return [];
  return rejectedIpv6 ?? (blockIpv6 ? [everything(6)] : []);
}

/** Selectors as far as they are about a family; undefined where they select no packets of it. */
export function narrowTo(family: Family, selectors: Selectors): Selectors | undefined {
  const from = inOneFamily(selectors.from, family);
  if (selectors.from.length > 0 && from.length === 0) return undefined;
  return { ...selectors, from: from.some(({ prefix }) => prefix === 0) ? [] : from };
}

function inOneFamily(networks: readonly Cidr[], family: Family): Cidr[] {
  return networks.filter(({ address }) => address.family === family);
}

/** A pool as one family has it; undefined where it routes nothing of the family, or is for no packets of it. */
export function inFamily(pool: PoolConfig, family: Family): PoolConfig | undefined {
  const side = sideOf(pool, family);
  return side?.members.length === 0 ? undefined : side;
}

/** A pool in one family. */
export interface PoolSide {
  readonly family: Family;
  /** As the family has it: without gateways and DNS name where it rejects packets of the family, and routes none. */
  readonly pool: PoolConfig;
}

/** What a pool does in each family of which it routes or rejects packets, IPv4 first. */
export function sidesOf(pool: PoolConfig): PoolSide[] {
  return FAMILIES.flatMap((family) => {
    const side = sideOf(pool, family);
    return side === undefined ? [] : { family, pool: side };
  });
}

/** A pool in one family; undefined where it neither routes nor rejects packets of it. */
export function sideOf(pool: PoolConfig, family: Family): PoolConfig | undefined {
  const selectors = selectorsInFamily(pool, family);
  const rejects = rejectedIn(pool, family).length > 0;
  const members = rejects ? [] : membersInFamily(pool.members, family);
  if (selectors === undefined || (members.length === 0 && !rejects)) return undefined;
  return {
    ...{ ...pool, members, gateways: members.map(({ gateway }) => gateway), selectors },
    ...{ route: [...destinationsIn(pool, family)], excludeCidr: inOneFamily(pool.excludeCidr, family) },
    markerRoute: rejects ? [] : inOneFamily(pool.markerRoute, family),
    dnsNames: rejects ? [] : dnsNamesInFamily(pool.dnsNames, family),
    ...(rejects && { minHealthy: 0 }),
  };
}

function membersInFamily(members: readonly Member[], family: Family): Member[] {
  return members.flatMap((member) => {
    const { address6: _, ...others } = member;
    const gateway = oneOf(memberAddresses(member), family);
    return gateway === undefined ? [] : { ...others, gateway };
  });
}

/** A name that follows a gateway without an address of the family has no records of it. */
function dnsNamesInFamily(names: readonly DnsNameConfig[], family: Family): DnsNameConfig[] {
  return names.flatMap((name) => {
    if (name.follows === undefined) return name;
    const gateway = oneOf(memberAddresses(name.follows), family);
    return gateway === undefined ? [] : { ...name, follows: { gateway } };
  });
}

/** Where each pool keeps all that it makes in the kernel, in each family that it routes or rejects. */
export function familyPlacesOf(config: Config): PoolPlaces[] {
  return config.pools.flatMap(sidesOf).map(({ family, pool }): PoolPlaces => {
    const probes = pool.members.length === 0 ? undefined : probeTablesOf(config, family);
    return { family, tableRef: tableRefOf(pool), probes, ...(pool.markerRoute.length > 0 && { markers: true }) };
  });
}

/** A configuration as one family has it; undefined where no pool has packets of it to route or to reject. */
export function configInFamily(config: Config, family: Family): Config | undefined {
  const [first, ...others] = config.pools.flatMap((pool) => sideOf(pool, family) ?? []);
  if (first === undefined) return undefined;
  return { ...config, gateways: gatewaysInFamily(config.gateways, family), pools: [first, ...others] };
}

/** A configuration as one of the families has it of which it routes or rejects packets. */
export interface FamilyConfig {
  readonly family: Family;
  readonly config: Config;
}

/** A configuration as each of the families has it of which it routes or rejects packets, IPv4 first. */
export function inEachFamily(config: Config): FamilyConfig[] {
  return handledFamilies(config).flatMap((family) => {
    const own = configInFamily(config, family);
    return own === undefined ? [] : { family, config: own };
  });
}

/** How many members have an address of each family. */
export function countFamilies(members: readonly Member[]): Readonly<Record<Family, number>> {
  const countOf = (family: Family): number => membersInFamily(members, family).length;
  return { 4: countOf(4), 6: countOf(6) };
}

/** The families of which any pool has packets to route. */
export function managedFamilies({ pools }: Pick<Config, "pools">): Family[] {
  return FAMILIES.filter((family) => pools.some((pool) => inFamily(pool, family) !== undefined));
}

/** The families of which a pool has packets to route. */
export function familiesOf(pool: PoolConfig): Family[] {
  return FAMILIES.filter((family) => inFamily(pool, family) !== undefined);
}

/** The families of which any pool has packets to route or to reject. */
export function handledFamilies({ pools }: Pick<Config, "pools">): Family[] {
  const handled = new Set(pools.flatMap(sidesOf).map(({ family }) => family));
  return FAMILIES.filter((family) => handled.has(family));
}
