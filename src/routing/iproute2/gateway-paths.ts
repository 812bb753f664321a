import { FAMILIES, type Family, parseAddress, zoneOf } from "../../net/address.ts";
import { contains, formatCidr, hostOf, isHost } from "../../net/cidr.ts";
import type { Link } from "../../net/link.ts";
import type { NexthopFault, UnusableNexthop } from "../../pool/nexthop-fault.ts";
import type { PacketRoute } from "../kernel.ts";
import { MAIN_TABLE } from "../tables.ts";
import type { Observed } from "../types.ts";
import { deviceOf, gatewayOf, type Json, LARGEST, numberInText, readList, textOf } from "./fields.ts";
import { parseDestination, typeOf } from "./routes.ts";

/**
 * Gateways that cannot be a nexthop, and the interfaces of the others, from the answers of `ip -j -N route get A`. A gateway
 * without an answer has no route at all. An answer out of one of our own tables says nothing about the gateway (an exclusion is
 * missing just then).
 *
 * @param blocked gateways whose look-up was rejected
 */
export function parsePaths(
  gateways: readonly string[],
  answers: readonly string[],
  tables: readonly number[],
  blocked: readonly string[] = [],
): Pick<Observed, "unusable" | "devices"> {
  const found = new Map(answers.flatMap((json) => readList<Json>(json)).map((entry) => [gatewayIn(entry), entry]));
  const unusable: UnusableNexthop[] = [];
  const devices = new Map<string, string>();
  for (const gateway of gateways) {
    const answer = found.get(gateway);
    if (answer && tables.includes(numberInText(answer["table"], LARGEST) ?? MAIN_TABLE)) continue;
    const fault = answer ? faultIn(answer) : blocked.includes(gateway) ? BLOCKED : NO_ROUTE;
    const device = deviceOf(answer?.["dev"]);
    if (fault) unusable.push({ gateway, fault });
    else if (device) devices.set(gateway, device);
  }
  return { unusable, devices };
}

/**
 * Gateways whose address names an interface that is not among those with addresses, which no look-up tells from one without a
 * route.
 */
export function withoutInterface(gateways: readonly string[], links: readonly Link[]): UnusableNexthop[] {
  return gateways.flatMap((gateway) => {
    const zone = zoneOf(parseAddress(gateway, FAMILIES)!);
    if (zone === undefined || links.some(({ name }) => name === zone)) return [];
    return {
      gateway,
      fault: { code: "no-interface", detail: `interface ${zone} does not exist, or has no IPv6 address` },
    };
  });
}

/** The words of a look-up of a gateway, as `ip route get` takes them. */
export function lookUpWords(gateway: string): string {
  const [address, zone] = gateway.split("%");
  return zone === undefined ? gateway : `${address} oif ${zone}`;
}

/** The gateway that an answer is about. */
function gatewayIn({ dst, dev }: Json): string | undefined {
  return gatewayOf(dst, deviceOf(dev), 4) ?? gatewayOf(dst, deviceOf(dev), 6);
}

/**
 * Gateways that the kernel reaches without another router, but not over an interface in whose network they are: the route
 * to each of them has to be judged. Where networks overlap, the narrowest counts.
 */
export function outsideNetworks(devices: ReadonlyMap<string, string>, links: readonly Link[]): string[] {
  return [...devices].flatMap(([gateway, device]) => (homesOf(gateway, links).includes(device) ? [] : gateway));
}

/**
 * The interfaces of gateways whose look-up told nothing, since it ended in one of our own tables: those in whose network they
 * are. A route of IPv4 does without, but the kernel makes no nexthop object without an interface.
 */
export function homesOfOthers(
  gateways: readonly string[],
  { devices, unusable }: Pick<Observed, "devices" | "unusable">,
  links: readonly Link[],
): Map<string, string> {
  const judged = new Set([...devices.keys(), ...unusable.map(({ gateway }) => gateway)]);
  const others = gateways.filter((gateway) => !judged.has(gateway));
  return new Map(
    others.flatMap((gateway) => {
      const [home, ...more] = homesOf(gateway, links);
      return home === undefined || more.length > 0 ? [] : [[gateway, home] as const];
    }),
  );
}

/** The interfaces with the narrowest network that contains a gateway, up or not. */
function homesOf(gateway: string, links: readonly Link[]): string[] {
  const address = parseAddress(gateway, FAMILIES)!;
  const [host, zone] = [hostOf(address), zoneOf(address)];
  if (zone !== undefined) return links.some(({ name }) => name === zone) ? [zone] : [];
  const around = links.flatMap(({ name, addresses }) =>
    addresses.flatMap(({ network }) => (contains(network, host) ? { name, prefix: network.prefix } : [])),
  );
  const narrowest = Math.max(...around.map(({ prefix }) => prefix));
  return around.filter(({ prefix }) => prefix === narrowest).map(({ name }) => name);
}

/**
 * Wider routes over an interface, such as 0.0.0.0/1 or 192.168.0.0/16 of a VPN, were not made for a gateway's network; in
 * IPv6 those of a whole site or wider.
 */
const WIDEST_NETWORKS: Readonly<Record<Family, number>> = { 4: 17, 6: 49 };

/**
 * Judges the route to each of such gateways. A host route was made for its gateway. A route to a network that no interface
 * has an address in may be the gateway's own (an interface without addresses, a macvlan that leads to containers), unless
 * it is the default route or about as wide. Any other route merely covers the gateway: when its own interface is down,
 * packets to it would take the default route over another one (`default dev ppp0`), and so would all that is routed through
 * it.
 *
 * The interfaces of those that are directly reachable are those of the routes that were judged: since the gateways were
 * looked up, others may have come.
 *
 * @param answers of `ip -j -N route get fibmatch A`, one for each gateway; undefined where there is no route
 */
export function judgeRoutes(
  gateways: readonly string[],
  answers: readonly (string | undefined)[],
  links: readonly Link[],
): Pick<Observed, "unusable" | "devices"> {
  const unusable: UnusableNexthop[] = [];
  const devices = new Map<string, string>();
  for (const [index, gateway] of gateways.entries()) {
    const { family } = parseAddress(gateway, FAMILIES)!;
    const judged = judgeRoute(answers[index], homesOf(gateway, links), family);
    if (typeof judged === "string") devices.set(gateway, judged);
    else unusable.push({ gateway, fault: judged });
  }
  return { unusable, devices };
}

/** The interface of a route by which a gateway is directly reachable, or why it is not. */
function judgeRoute(answer: string | undefined, homes: readonly string[], family: Family): string | NexthopFault {
  const [route] = answer === undefined ? [] : readList<Json>(answer);
  const destination = route && parseDestination(textOf(route["dst"], ""), family);
  if (!destination) return NO_ROUTE;
  const device = deviceOf(route["dev"]);
  if (device === undefined) return notConnected(`the route to ${formatCidr(destination)} has several nexthops`);
  const isOwn = homes.length === 0 ? destination.prefix >= WIDEST_NETWORKS[family] : homes.includes(device);
  if (isHost(destination) || isOwn) return device;
  const text = destination.prefix === 0 ? "the default route" : `the route to ${formatCidr(destination)}`;
  const home = homes.length === 0 ? "" : `, and its network is on ${homes.join(" and ")}`;
  return notConnected(`only ${text} over ${device} leads to it${home}`);
}

/** The route of a packet from `ip -j -N route get`; undefined where it is rejected. */
export function parsePacketRoute(answer: string): PacketRoute | undefined {
  const [route] = readList<Json>(answer);
  if (!route || typeOf(route) !== "unicast") return undefined;
  return { table: numberInText(route["table"], LARGEST) ?? MAIN_TABLE, gateway: routerIn(route) };
}

function notConnected(why: string): NexthopFault {
  return { code: "not-connected", detail: `it is not on a directly connected network (${why})` };
}

const NO_ROUTE: NexthopFault = { code: "no-route", detail: "no interface of this machine leads to it" };

const BLOCKED: NexthopFault = { code: "blocked", detail: "a route or rule of this machine rejects packets to it" };

function faultIn(answer: Json): NexthopFault | undefined {
  const type = typeOf(answer);
  if (type === "local") return { code: "own-address", detail: "it is an address of this machine itself" };
  if (type !== "unicast") return { code: "not-unicast", detail: `it is a ${type} address` };
  if (answer["gateway"] === undefined) return undefined;
  return notConnected(`packets to it go through ${routerIn(answer) ?? "another router"}`);
}

/** The gateway of a packet, of either family. */
function routerIn({ gateway, dev }: Json): string | undefined {
  return gatewayOf(gateway, deviceOf(dev), 4) ?? gatewayOf(gateway, deviceOf(dev), 6);
}
