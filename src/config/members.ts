import {
  type Address,
  addressRange,
  FAMILIES,
  formatAddress,
  parseAddress,
  rangeSize,
  zoneOf,
} from "../net/address.ts";
import { gatewayLabel, type GatewayText, type NamedGateway, textsOf } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { memberAddresses } from "./families.ts";
import { gatewayFlag, givenAddresses, type GivenGateway } from "./gateway-values.ts";
import type { Member, PoolConfig } from "./model.ts";

/** How the flags give the gateways. */
export interface GivenGateways {
  readonly startIp?: Address | undefined;
  readonly endIp?: Address | undefined;
  /** Those of -gateway. */
  readonly gateway: readonly GivenGateway[];
}

/** Whether the range has an address. */
export function isInRange(address: Address, { startIp, endIp }: Omit<GivenGateways, "gateway">): boolean {
  return !!startIp && !!endIp && rangeSize(startIp, address) >= 1 && rangeSize(address, endIp) >= 1;
}

/** Why addresses with nothing between them are no ends of a range. */
export function unlikeEnds(startIp: Address, endIp: Address): string {
  if (startIp.family !== endIp.family) return "one end is of IPv4 and the other of IPv6; give both of one family";
  const zones = [startIp, endIp].map((end) => zoneOf(end) ?? "none").join(" and ");
  return `the ends are on two interfaces, ${zones}; give both on one`;
}

/** Whether the range has a gateway, by any of its addresses. */
export function hasInRange({ address, address6 }: GivenGateway, range: Omit<GivenGateways, "gateway">): boolean {
  return isInRange(address, range) || (address6 !== undefined && isInRange(address6, range));
}

/**
 * The members in the order of their slots: the addresses of the range in ascending order, then the others in the order
 * given. So a range alone has the order that it always had, a gateway that gets a name keeps its place, and one that is
 * appended leaves the others their slots, tables and marks.
 */
export function membersOf({ startIp, endIp, gateway }: GivenGateways): Member[] {
  const range = startIp && endIp ? addressRange(startIp, endIp) : [];
  const given = new Map(gateway.flatMap((one) => givenAddresses(one).map((address) => [address, one])));
  const inRange = range.map((address): GivenGateway => given.get(formatAddress(address)) ?? { address });
  return [...new Set([...inRange, ...gateway])].map(memberOf);
}

function memberOf({ name, weight = 1, tier = 1, ...addresses }: GivenGateway): Member {
  const [gateway, address6] = givenAddresses(addresses);
  return { gateway: gateway!, ...(address6 && { address6 }), ...(name !== undefined && { name }), weight, tier };
}

/** The flag that makes an address a gateway, and that flag in a text. */
export interface Source {
  readonly flag: "-start-ip" | "-gateway";
  readonly text: string;
}

/** A range. */
export const RANGE: Source = { flag: "-start-ip", text: "-start-ip to -end-ip" };

/** What makes an address one of the gateways. */
export function sourceOf(address: string, given: GivenGateways): Source {
  const single = given.gateway.find((one) => givenAddresses(one).includes(address));
  if (single === undefined || hasInRange(single, given)) return RANGE;
  return { flag: "-gateway", text: `-gateway ${gatewayFlag(single)}` };
}

/** The flags that give the gateways, in a text. */
export function sourcesOf({ startIp, gateway }: GivenGateways): string {
  if (gateway.length === 0) return RANGE.text;
  return startIp === undefined ? "-gateway" : `${RANGE.text} or -gateway`;
}

/** Gateways that a text names at most. */
const MOST_NAMED = 8;

/** The members in a few words: those of a range by its ends, others one by one. */
export function membersText(members: readonly NamedMember[]): string {
  const gateways = members.map(({ gateway }) => gateway);
  const [first, last] = [gateways[0]!, gateways.at(-1)!];
  const addresses = gateways.map((gateway) => parseAddress(gateway, FAMILIES)!);
  const isRange = addresses.every((address, index) => rangeSize(addresses[0]!, address) === index + 1);
  const isPlain = members.every(({ name, address6 }) => name === undefined && address6 === undefined);
  if (isRange && members.length > 1 && isPlain) return `${first} to ${last}`;
  return list(gateways.map(memberTexts({ members })), MOST_NAMED);
}

type NamedMember = Pick<Member, "gateway" | "address6" | "name">;

/** A pool, as far as its gateways have names. */
interface NamedMembers {
  readonly members?: readonly NamedMember[];
}

/** How people read the gateways of a pool. */
export function memberTexts({ members = [] }: NamedMembers): GatewayText {
  return textsOf(eachAddress(members));
}

/** The addresses of members, each with the name of its gateway. */
function eachAddress(members: readonly NamedMember[]): NamedGateway[] {
  return members.flatMap((member) => memberAddresses(member).map((address) => ({ address, name: member.name })));
}

/** The gateways of several pools, each once. */
export function membersOfAll(pools: readonly Partial<Pick<PoolConfig, "members">>[]): Member[] {
  const members = pools.flatMap((pool) => pool.members ?? []);
  return [...new Map(members.map((member) => [member.gateway, member])).values()];
}

/** How people read them where there is room for one word. */
export function memberLabels({ members = [] }: NamedMembers): GatewayText {
  const labels = new Map(eachAddress(members).map((one) => [one.address, gatewayLabel(one)]));
  return (gateway) => labels.get(gateway) ?? gateway;
}
