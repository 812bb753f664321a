import { type Address, formatAddress, parseAddress, rangeSize } from "../net/address.ts";
import { gatewayFlag, type GivenGateway } from "./gateway-values.ts";
import { MEMBERS_LIMIT, MOST_MEMBERS } from "./limits.ts";
import { isInRange } from "./members.ts";
import type { OptionValues } from "./options.ts";

type Values = Partial<Pick<OptionValues, "startIp" | "endIp" | "gateway" | "minHealthy">>;

/**
 * Faults of the gateways as a whole.
 *
 * @param faulty options whose value is faulty itself
 * @param partial whether what is missing may come from elsewhere
 */
export function* gatewayContradictions(
  values: Values,
  faulty: ReadonlySet<string>,
  partial: boolean,
): Generator<string> {
  const given = givenGateways(values);
  if (!partial) yield* missing(values, faulty);
  yield* duplicates(given);
  const { startIp, endIp } = values;
  const others = new Set(given.filter(({ address }) => !isInRange(address, values)).map(addressOf)).size;
  if (startIp && endIp) yield* rangeFaults(startIp, endIp, others);
  else if (others > MOST_MEMBERS) yield `-gateway: ${others} gateways, but ${MEMBERS_LIMIT}; leave some out`;
  const isKnown = !startIp === !endIp && !["startIp", "endIp", "gateway"].some((key) => faulty.has(key));
  if (isKnown) yield* quorumFault(values, startIp && endIp ? rangeSize(startIp, endIp) : 0, others);
}

/** Those of -gateway that are no faults themselves. */
export function givenGateways({ gateway = [] }: Pick<Values, "gateway">): GivenGateway[] {
  return gateway.filter((one: GivenGateway | undefined) => one !== undefined);
}

/** Whether a host is the address of a gateway. */
export function isGateway(host: string, values: Pick<Values, "startIp" | "endIp" | "gateway">): boolean {
  const address = parseAddress(host);
  if (address === undefined) return false;
  return isInRange(address, values) || givenGateways(values).some((one) => addressOf(one) === host);
}

function* missing({ startIp, endIp, gateway = [] }: Values, faulty: ReadonlySet<string>): Generator<string> {
  const lacksStart = startIp === undefined && !faulty.has("startIp");
  const lacksEnd = endIp === undefined && !faulty.has("endIp");
  const both = "a range has both, and -gateway is for single gateways";
  if (lacksStart && lacksEnd) {
    if (gateway.length > 0 || faulty.has("gateway")) return;
    yield "no gateways: set -start-ip and -end-ip to a range, or -gateway to each of them (or GRM_START_IP and GRM_END_IP, or GRM_GATEWAY)";
  } else if (lacksStart) {
    yield `-start-ip is required with -end-ip: ${both} (or set GRM_START_IP)`;
  } else if (lacksEnd) {
    yield `-end-ip is required with -start-ip: ${both} (or set GRM_END_IP)`;
  }
}

/** Gateways that have their address or their name in common. */
function* duplicates(given: readonly GivenGateway[]): Generator<string> {
  const byAddress = new Map<string, GivenGateway>();
  const byName = new Map<string, GivenGateway>();
  for (const one of given) {
    const address = addressOf(one);
    const same = byAddress.get(address);
    const namesake = one.name === undefined ? undefined : byName.get(one.name);
    const flag = gatewayFlag(one);
    if (same && gatewayFlag(same) === flag) yield `-gateway ${flag} is given twice; remove one`;
    else if (same) yield `-gateway ${gatewayFlag(same)} and -gateway ${flag} have one address, ${address}; remove one`;
    else if (namesake) yield `-gateway ${gatewayFlag(namesake)} and -gateway ${flag} have one name; rename one`;
    byAddress.set(address, same ?? one);
    if (one.name !== undefined) byName.set(one.name, namesake ?? one);
  }
}

function addressOf({ address }: GivenGateway): string {
  return formatAddress(address);
}

/** @param others gateways outside of the range */
function* rangeFaults(startIp: Address, endIp: Address, others: number): Generator<string> {
  const range = `-start-ip ${formatAddress(startIp)} -end-ip ${formatAddress(endIp)}`;
  const size = rangeSize(startIp, endIp);
  if (size < 1) yield `${range}: the start is after the end; swap them`;
  else if (size > MOST_MEMBERS) yield `${range}: ${size} gateways, but ${MEMBERS_LIMIT}; narrow the range`;
  else if (size + others > MOST_MEMBERS) {
    yield `${range}: ${size} gateways, and ${others} more by -gateway, but ${MEMBERS_LIMIT}; leave some out`;
  }
}

function* quorumFault({ minHealthy }: Values, inRange: number, others: number): Generator<string> {
  const all = inRange + others;
  if (minHealthy === undefined || inRange < 0 || all < 1 || minHealthy <= all) return;
  const count = `only ${all} ${all === 1 ? "gateway" : "gateways"}`;
  yield `-min-healthy ${minHealthy}: ${others === 0 ? `the range has ${count}` : `of ${count}`}; lower it`;
}
