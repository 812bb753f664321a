import { FAMILIES, type Family, formatAddress, parseAddress, rangeSize } from "../net/address.ts";
import type { FamilyCounts } from "./family-rules.ts";
import { givenAddresses, type GivenGateway } from "./gateway-values.ts";
import { MOST_IN_FAMILY } from "./limits.ts";
import { hasInRange, isInRange } from "./members.ts";
import type { OptionValues } from "./options.ts";

/** The options that give gateways, and how many of these are needed; what is faulty is undefined. */
export type GatewayOptions = Partial<Pick<OptionValues, "startIp" | "endIp" | "gateway" | LeastKey>>;

/** Options that name a least number of gateways. */
export type LeastKey = "minHealthy" | "usableMin";

/** Those of -gateway that are no faults themselves. */
export function givenGateways({ gateway = [] }: Pick<GatewayOptions, "gateway">): GivenGateway[] {
  return gateway.filter((one: GivenGateway | undefined) => one !== undefined);
}

/** Whether a host is the address of a gateway. */
export function isGateway(host: string, values: Pick<GatewayOptions, "startIp" | "endIp" | "gateway">): boolean {
  const address = parseAddress(host.replace(/^\[(.*)\]$/, "$1"), FAMILIES); // URLs have IPv6 in brackets
  if (address === undefined) return false;
  const text = formatAddress(address);
  return isInRange(address, values) || givenGateways(values).some((one) => givenAddresses(one).includes(text));
}

/** Whether all gateways are known: nothing that gives some is faulty. */
export function isKnown({ startIp, endIp }: GatewayOptions, faulty: ReadonlySet<string>): boolean {
  return !startIp === !endIp && !["startIp", "endIp", "gateway"].some((key) => faulty.has(key));
}

/** How many gateways the range has; none without one, and not a number where it is at fault itself. */
export function rangeSizeOf({ startIp, endIp }: GatewayOptions): number {
  if (!startIp || !endIp) return 0;
  const size = rangeSize(startIp, endIp);
  return size >= 1 && size <= MOST_IN_FAMILY[startIp.family] ? size : Number.NaN;
}

/** How many gateways there are, and how many in each family. */
export type Counts = Pick<FamilyCounts, "all" | "of">;

/** How many of -gateway are not in the range, and how many of their addresses. */
export function outsideOfRange(given: readonly GivenGateway[], values: GatewayOptions): Counts {
  const texts = given.flatMap(({ address, address6 }) => [address, ...(address6 ? [address6] : [])]);
  const countOf = (family: Family): number =>
    new Set(texts.filter((one) => one.family === family && !isInRange(one, values)).map(formatAddress)).size;
  const gateways = given.filter((one) => !hasInRange(one, values));
  return {
    all: new Set(gateways.map(({ address }) => formatAddress(address))).size,
    of: { 4: countOf(4), 6: countOf(6) },
  };
}

/** The gateways by their families; undefined where not all are known. */
export function familyCounts(values: GatewayOptions, faulty: ReadonlySet<string>): Counts | undefined {
  const inRange = rangeSizeOf(values);
  if (!isKnown(values, faulty) || Number.isNaN(inRange)) return undefined;
  const { all, of } = outsideOfRange(givenGateways(values), values);
  const countOf = (family: Family): number => of[family] + (values.startIp?.family === family ? inRange : 0);
  return { all: all + inRange, of: { 4: countOf(4), 6: countOf(6) } };
}
