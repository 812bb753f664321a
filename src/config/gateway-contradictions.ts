import { type Address, FAMILIES, type Family, formatAddress, stepsBetween } from "../net/address.ts";
import { gatewayFlag, givenAddresses, type GivenGateway } from "./gateway-values.ts";
import { options } from "./options.ts";
import {
  type Counts,
  type GatewayOptions,
  givenGateways,
  isKnown,
  type LeastKey,
  outsideOfRange,
  rangeSizeOf,
} from "./gateway-counts.ts";
import { FAMILY_LIMITS, MOST_IN_FAMILY } from "./limits.ts";
import { unlikeEnds } from "./members.ts";

/**
 * Faults of the gateways as a whole.
 *
 * @param faulty options whose value is faulty itself
 * @param partial whether what is missing may come from elsewhere
 */
export function* gatewayContradictions(
  values: GatewayOptions,
  faulty: ReadonlySet<string>,
  partial: boolean,
): Generator<string> {
  const given = givenGateways(values);
  if (!partial) yield* missing(values, faulty);
  yield* duplicates(given);
  const { startIp, endIp } = values;
  const others = outsideOfRange(given, values);
  if (startIp && endIp) yield* rangeFaults(startIp, endIp, others.of);
  else yield* tooManyGiven(others.of);
  if (!isKnown(values, faulty)) return;
  for (const key of ["minHealthy", "usableMin"] as const) {
    yield* tooFew(key, values, rangeSizeOf(values), others.all);
  }
}

function* missing({ startIp, endIp, gateway = [] }: GatewayOptions, faulty: ReadonlySet<string>): Generator<string> {
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
    const addresses = givenAddresses(one);
    const address = addresses.find((text) => byAddress.has(text)) ?? firstOf(one);
    const same = byAddress.get(address);
    const namesake = one.name === undefined ? undefined : byName.get(one.name);
    const flag = gatewayFlag(one);
    if (same && gatewayFlag(same) === flag) yield `-gateway ${flag} is given twice; remove one`;
    else if (same) yield `-gateway ${gatewayFlag(same)} and -gateway ${flag} have one address, ${address}; remove one`;
    else if (namesake)
      yield `-gateway ${gatewayFlag(namesake)} and -gateway ${flag} have one name; rename one${orJoined(namesake, one)}`;
    for (const text of addresses) byAddress.set(text, byAddress.get(text) ?? one);
    if (one.name !== undefined) byName.set(one.name, namesake ?? one);
  }
}

/** What else helps where two of one name are the two families of one gateway. */
function orJoined(one: GivenGateway, other: GivenGateway): string {
  const [address, address6] = [one, other].map(firstOf).sort((a) => (a.includes(":") ? 1 : -1));
  const isPair = one.address.family !== other.address.family && !one.address6 && !other.address6;
  return isPair ? `, or write one gateway of both: ${one.name}=${address}+${address6}` : "";
}

function firstOf({ address }: GivenGateway): string {
  return formatAddress(address);
}

/** How gateways are counted in a family, for people. */
const NOUNS: Readonly<Record<Family, string>> = { 4: "gateways", 6: "gateways of IPv6" };

function* tooManyGiven(others: Counts["of"]): Generator<string> {
  for (const family of FAMILIES) {
    if (others[family] <= MOST_IN_FAMILY[family]) continue;
    yield `-gateway: ${others[family]} ${NOUNS[family]}, but ${FAMILY_LIMITS[family]}; leave some out`;
  }
}

/** @param others gateways outside of the range */
function* rangeFaults(startIp: Address, endIp: Address, others: Counts["of"]): Generator<string> {
  const range = `-start-ip ${formatAddress(startIp)} -end-ip ${formatAddress(endIp)}`;
  const steps = stepsBetween(startIp, endIp);
  if (steps === undefined) yield `${range}: ${unlikeEnds(startIp, endIp)}`;
  else if (steps < 0n) yield `${range}: the start is after the end; swap them`;
  else {
    const { family } = startIp;
    yield* tooManyWithRange(`${range}: ${steps + 1n} ${NOUNS[family]}`, Number(steps) + 1, family, others[family]);
    yield* tooManyGiven({ ...others, [family]: 0 });
  }
}

function* tooManyWithRange(range: string, size: number, family: Family, others: number): Generator<string> {
  const [most, limit] = [MOST_IN_FAMILY[family], FAMILY_LIMITS[family]];
  if (size > most) yield `${range}, but ${limit}; narrow the range`;
  else if (size + others > most) yield `${range}, and ${others} more by -gateway, but ${limit}; leave some out`;
}

/** @param key the option that names how many there have to be at least */
function* tooFew(key: LeastKey, values: GatewayOptions, inRange: number, others: number): Generator<string> {
  const [least, all] = [values[key], inRange + others];
  if (least === undefined || Number.isNaN(inRange) || all < 1 || least <= all) return;
  const count = `only ${all} ${all === 1 ? "gateway" : "gateways"}`;
  yield `-${options[key].flag} ${least}: ${others === 0 ? `the range has ${count}` : `of ${count}`}; lower it`;
}
