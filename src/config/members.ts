import { type Address, addressRange, formatAddress, rangeSize } from "../net/address.ts";
import { type GatewayText, textsOf } from "../text/gateway.ts";
import type { GivenGateway } from "./gateway-values.ts";
import type { Member } from "./model.ts";

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

/** How people read the gateways of a pool. */
export function memberTexts({
  members = [],
}: {
  readonly members?: readonly Pick<Member, "gateway" | "name">[];
}): GatewayText {
  return textsOf(members.map(({ gateway: address, name }) => ({ address, name })));
}
