import { FAMILIES, type Family, formatAddress } from "../net/address.ts";
import { type Cidr, everything, formatCidr, subtract } from "../net/cidr.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { LAST_TABLE_WITH_NEXTHOPS } from "../routing/nexthop-ids.ts";
import type { OptionValues } from "./options.ts";
import type { Contradiction, NameOf } from "./rules.ts";
import type { Doubt } from "./warning-rules.ts";

/*
 * What settings must be in each family that a pool routes, wherever they are given. A value that is faulty itself is
 * undefined here.
 */

type Found = Generator<Contradiction>;
type Values = Partial<Pick<OptionValues, "route" | "minHealthy" | "firstRoutingTableId">>;

/** The gateways of a pool, by the families of their addresses. */
export interface FamilyCounts {
  readonly all: number;
  readonly of: Readonly<Record<Family, number>>;
  /** How an address is given beside that of the other family, and how IPv6 alone is routed, for people. */
  readonly examples: { readonly address: string; readonly ipv6Alone: string };
}

/** Faults of families that are routed. */
export function* familyRules(values: Values, gateways: FamilyCounts, name: NameOf): Found {
  const routed = firstOfFamilies(values.route);
  for (const family of FAMILIES) {
    const destination = routed.get(family);
    const count = gateways.of[family];
    if (destination === undefined || gateways.all === 0) continue;
    if (count === 0) yield withoutGateway(family, destination, gateways.examples, name);
    else yield* fewInFamily(family, values, gateways, name);
  }
  if (routed.has(6)) yield* tableOfIpv6(values, name);
}

/** Faults of what rejects IPv6. @param from the sources of a pool */
export function* blockIpv6Rules(
  { blockIpv6, whenNoGateways, route }: Partial<Pick<OptionValues, "blockIpv6" | "whenNoGateways" | "route">>,
  from: readonly (Cidr | undefined)[],
  name: NameOf,
): Found {
  if (!blockIpv6) return;
  const remove = `or remove ${name("blockIpv6")}`;
  const fault = (text: string): Contradiction => ({ key: "blockIpv6", text: `${name("blockIpv6")}: ${text}` });
  if (whenNoGateways !== undefined && rejectTypeOf(whenNoGateways) === undefined) {
    yield fault(
      `${name("whenNoGateways")} ${whenNoGateways} rejects no packets of IPv4 either; set it to unreachable, prohibit or blackhole, ${remove}`,
    );
  }
  const ipv6 = firstOfFamilies(route).get(6);
  if (ipv6 !== undefined) {
    yield fault(
      `${name("route")} ${destinationText(ipv6)} routes IPv6, so ${name("whenNoGateways")} decides about it; remove one of the two`,
    );
  } else if (route?.every((one) => one !== undefined) && subtract(everything(4), route).length > 0) {
    yield fault(`${name("route")} has not all of IPv4, and only then all of IPv6 is rejected; add default, ${remove}`);
  }
  if (from.length > 0 && from.every((one) => one !== undefined && one.address.family === 4)) {
    yield fault(`from has no network of IPv6, so no packet of IPv6 uses this pool; add one, such as ::/0, ${remove}`);
  }
}

/** The first destination of each family that has any. */
function firstOfFamilies(route: readonly (Cidr | undefined)[] = []): ReadonlyMap<Family, Cidr> {
  const sound = route.filter((one) => one !== undefined);
  return new Map(sound.toReversed().map((one) => [one.address.family, one]));
}

function withoutGateway(
  family: Family,
  destination: Cidr,
  { address, ipv6Alone }: FamilyCounts["examples"],
  name: NameOf,
): Contradiction {
  const text = `${name("route")} ${destinationText(destination)}: no gateway has an IPv${family} address`;
  const otherwise = family === 6 ? "remove that destination" : `route IPv6 alone by ${ipv6Alone}`;
  return { key: "route", text: `${text}; add one to a gateway, such as ${address}, or ${otherwise}` };
}

function* fewInFamily(family: Family, { minHealthy = 0 }: Values, gateways: FamilyCounts, name: NameOf): Found {
  const count = gateways.of[family];
  if (minHealthy <= count || minHealthy > gateways.all) return; // more than all is a fault of its own
  const have = count === 1 ? "1 gateway has" : `${count} gateways have`;
  const text = `${name("minHealthy")} ${minHealthy}: only ${have} an IPv${family} address, and it counts in each family; lower it`;
  yield { key: "minHealthy", text };
}

/** Faults of the address that this machine needs: it is followed in the families that the pool of the name routes. */
export function* requiredAddressRules(
  { route, ddnsRequireIpAddress: required }: Partial<Pick<OptionValues, "route" | "ddnsRequireIpAddress">>,
  name: NameOf,
): Found {
  const routed = firstOfFamilies(route);
  if (required === undefined || routed.size === 0 || routed.has(required.family)) return;
  const [family] = routed.keys();
  const text = `${name("ddnsRequireIpAddress")} ${formatAddress(required)}: the addresses of this machine are followed in the families that are routed; use one of IPv${family}`;
  yield { key: "ddnsRequireIpAddress", text };
}

/** Faults of the table of a pool that routes IPv6. */
export function* tableOfIpv6({ firstRoutingTableId: table }: Values, name: NameOf): Found {
  if (table === undefined || table <= LAST_TABLE_WITH_NEXTHOPS) return;
  const last = LAST_TABLE_WITH_NEXTHOPS;
  const text = `${name("firstRoutingTableId")} ${table}: the nexthops of IPv6 have ids by their table, for which ${last} is the last; choose one up to ${last}`;
  yield { key: "firstRoutingTableId", text };
}

/** Addresses of gateways that no destination of their family uses. @param one what people call one of them */
export function* unroutedFamilies(
  { route }: Pick<OptionValues, "route">,
  of: FamilyCounts["of"],
  one: string,
): Generator<Doubt> {
  const routed = firstOfFamilies(route);
  for (const family of FAMILIES) {
    if (of[family] === 0 || routed.has(family)) continue;
    const detail = `IPv${family} addresses of gateways have no effect: no ${one} is of IPv${family}`;
    const word = family === 4 ? "default" : "default6";
    const example = [...[...routed.values()].map(destinationText), word].join();
    yield { key: "route", detail, remedy: `add ${word}, as in ${example}, or remove the addresses` };
  }
}

/** Destinations of a family that no source of a pool has. @param one what people call one of them */
export function* routesWithoutSource(
  { route, from }: Pick<OptionValues, "route"> & { readonly from: readonly Cidr[] },
  one: string,
): Generator<Doubt> {
  if (from.length === 0) return;
  for (const [family, destination] of firstOfFamilies(route)) {
    if (from.some(({ address }) => address.family === family)) continue;
    const detail = `${one} ${destinationText(destination)} has no effect: from has no network of IPv${family}`;
    yield { key: "route", detail, remedy: "add one to from, or remove that destination" };
  }
}

/** A destination in the words of -route. */
function destinationText(destination: Cidr): string {
  if (destination.prefix > 0) return formatCidr(destination);
  return destination.address.family === 4 ? "default" : "default6";
}
