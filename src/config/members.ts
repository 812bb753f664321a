import { type Address, addressRange, formatAddress, parseAddress, rangeSize } from "../net/address.ts";
import { gatewayLabel, type GatewayText, textsOf } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { gatewayFlag, type GivenGateway } from "./gateway-values.ts";
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

/**
 * The members in the order of their slots: the addresses of the range in ascending order, then the others in the order
 * given. So a range alone has the order that it always had, a gateway that gets a name keeps its place, and one that is
 * appended leaves the others their slots, tables and marks.
 */
export function membersOf({ startIp, endIp, gateway }: GivenGateways): Member[] {
  const range = startIp && endIp ? addressRange(startIp, endIp).map(formatAddress) : [];
  const given = new Map(gateway.map((one) => [formatAddress(one.address), one]));
  return [...new Set([...range, ...given.keys()])].map((address) => {
    const { name, weight = 1, tier = 1 } = given.get(address) ?? {};
    return { gateway: address, ...(name !== undefined && { name }), weight, tier };
  });
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
  const single = given.gateway.find((one) => formatAddress(one.address) === address);
  if (single === undefined || isInRange(single.address, given)) return RANGE;
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
export function membersText(members: readonly Pick<Member, "gateway" | "name">[]): string {
  const gateways = members.map(({ gateway }) => gateway);
  const [first, last] = [gateways[0]!, gateways.at(-1)!];
  const addresses = gateways.map((gateway) => parseAddress(gateway)!);
  const isRange = addresses.every((address, index) => rangeSize(addresses[0]!, address) === index + 1);
  if (isRange && members.length > 1 && members.every(({ name }) => name === undefined)) return `${first} to ${last}`;
  return list(gateways.map(memberTexts({ members })), MOST_NAMED);
}

/** A pool, as far as its gateways have names. */
interface NamedMembers {
  readonly members?: readonly Pick<Member, "gateway" | "name">[];
}

/** How people read the gateways of a pool. */
export function memberTexts({ members = [] }: NamedMembers): GatewayText {
  return textsOf(members.map(({ gateway: address, name }) => ({ address, name })));
}

/** The gateways of several pools, each once. */
export function membersOfAll(pools: readonly Partial<Pick<PoolConfig, "members">>[]): Member[] {
  const members = pools.flatMap((pool) => pool.members ?? []);
  return [...new Map(members.map((member) => [member.gateway, member])).values()];
}

/** How people read them where there is room for one word. */
export function memberLabels({ members = [] }: NamedMembers): GatewayText {
  const labels = new Map(members.map(({ gateway, name }) => [gateway, gatewayLabel({ address: gateway, name })]));
  return (gateway) => labels.get(gateway) ?? gateway;
}
