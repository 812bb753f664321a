import { type Cidr, distinct, formatCidr, networkOf, parseCidr } from "../../net/cidr.ts";
import { parseAddress } from "../../net/address.ts";
import {
  addressOf,
  deviceOf,
  type Json,
  LARGEST,
  listOf,
  numberInText,
  readList,
  stringsOf,
  textOf,
  unexpected,
  wholeNumber,
} from "./fields.ts";
import type { Link } from "../../net/link.ts";
import { rejectTypeIn } from "./policy-rules.ts";
import type { NexthopFault, UnusableNexthop } from "../../pool/nexthop-fault.ts";
import type { NextHop, Observed, ObservedRoute, ObservedRule } from "../types.ts";

/** `ip -N` prints route types as numbers (linux/rtnetlink.h), older releases as names all the same. */
const TYPES: Readonly<Record<string, string>> = {
  "1": "unicast",
  "2": "local",
  "3": "broadcast",
  "4": "anycast",
  "5": "multicast",
  "6": "blackhole",
  "7": "unreachable",
  "8": "prohibit",
  "9": "throw",
};

/** Fields that every rule may have. `src` counts only when it is `all`. */
const PLAIN_FIELDS = ["priority", "src", "protocol", "family"];

/**
 * Routes from `ip -j -d -N route show table N`. A route with a TOS is another key than ours ever is, and left out.
 *
 * @throws {IpError} when it is not what iproute2 prints
 */
export function parseRoutes(json: string): (ObservedRoute & { readonly table: number | undefined })[] {
  return readList<Json>(json).flatMap((entry) => {
    const destination = parseDestination(textOf(entry["dst"], ""));
    const table = numberInText(entry["table"], LARGEST);
    const isElsewhere = entry["table"] !== undefined && table === undefined;
    if (!destination || entry["tos"] !== undefined || isElsewhere) return [];
    return {
      family: 4 as const,
      type: typeOf(entry),
      destination,
      metric: wholeNumber(entry["metric"], LARGEST, 0),
      protocol: protocolOf(entry),
      nexthops: nextHopsOf(entry),
      table,
    };
  });
}

/** The type of a route, by name. */
export function typeOf({ type }: Json): string {
  const word = textOf(type, "1");
  if (!/^[\w-]+$/.test(word)) throw unexpected("a type of route");
  return Object.hasOwn(TYPES, word) ? TYPES[word]! : word;
}

/** The protocol of an entry; 0 where it is a name, which ours never is. */
function protocolOf({ protocol }: Json): number {
  return numberInText(protocol, 255) ?? 0;
}

function parseDestination(text: string): Cidr | undefined {
  if (text === "default") return parseCidr("0.0.0.0/0");
  return parseCidr(text.includes("/") ? text : `${text}/32`);
}

/** A route with a single nexthop has it at the top level; one without a gateway (a device route) counts as "". */
function nextHopsOf({ nexthops, gateway, dev }: Json): NextHop[] {
  const single = gateway === undefined && dev === undefined ? [] : [{ gateway, dev }];
  return (nexthops === undefined ? single : listOf<Json>(nexthops)).map((hop: Json) => {
    const device = deviceOf(hop["dev"]);
    return {
      gateway: addressOf(hop["gateway"]) ?? "",
      weight: wholeNumber(hop["weight"], 256, 1, 1),
      ...(device === undefined ? {} : { device }),
    };
  });
}

/** Rules from `ip -j -d -N rule show` that are exactly of a kind that we make, whatever program made them. */
export function parseRules(json: string): ObservedRule[] {
  return readList<Json>(json).flatMap((entry): ObservedRule | [] => {
    const preference = wholeNumber(entry["priority"], LARGEST, undefined);
    if (preference === undefined || entry["src"] !== "all") return [];
    const only = (...fields: string[]): boolean =>
      Object.keys(entry).every((field) => PLAIN_FIELDS.includes(field) || fields.includes(field));
    const rule = { family: 4, preference, protocol: protocolOf(entry) } as const;
    const table = numberInText(entry["table"], LARGEST);
    if (table !== undefined && only("table")) return { ...rule, kind: "lookup", table };
    if ("nop" in entry && only("nop")) return { ...rule, kind: "nop" };
    const to = parseCidr(`${textOf(entry["dst"], "")}/${wholeNumber(entry["dstlen"], 32, 32)}`);
    if (!to) return [];
    const target = wholeNumber(entry["goto"], LARGEST, undefined);
    const passes = target !== undefined && only("dst", "dstlen", "goto", "unresolved");
    if (passes) return { ...rule, kind: "goto", to, target };
    const how = rejectTypeIn(entry["action"]);
    return how && only("dst", "dstlen", "action") ? { ...rule, kind: "reject", to, how } : [];
  });
}

/** Networks of the interfaces' addresses from `ip -4 -j address show`, link up or not: an exclusion should not flap. */
export function parseConnected(json: string): Cidr[] {
  const networks = ipv4InfosOf(readList<Json>(json)).flatMap((info) => networkIn(info) ?? []);
  return distinct(networks).sort((a, b) => (formatCidr(a) < formatCidr(b) ? -1 : 1));
}

/** Addresses that interfaces hold, from the same text. */
export function parseAddresses(json: string): string[] {
  return ipv4InfosOf(readList<Json>(json)).flatMap(({ local }) => addressOf(local) ?? []);
}

function ipv4InfosOf(links: readonly Json[]): Json[] {
  return links.flatMap((link) => listOf<Json>(link["addr_info"])).filter(({ family }) => family === "inet");
}

/** The network that an interface is in by one of its addresses. */
function networkIn({ local, address, prefixlen }: Json): Cidr | undefined {
  const ip = parseAddress(textOf(address, textOf(local, ""))); // `address` is the far end of a point-to-point link
  const prefix = wholeNumber(prefixlen, 32, 0);
  return ip === undefined || prefix === 0 ? undefined : networkOf(ip, prefix);
}

/**
 * Interfaces, from the same text. `UP` is whether it was turned on, `LOWER_UP` whether it has a carrier (netdevice(7)); a
 * link that cannot detect a carrier has the latter as well.
 */
export function parseLinks(json: string): Link[] {
  return readList<Json>(json).flatMap((link) => {
    const name = deviceOf(link["ifname"]);
    if (name === undefined) return [];
    const flags = stringsOf(link["flags"]);
    const addresses = ipv4InfosOf([link]).flatMap((info) => {
      const [address, network] = [addressOf(info["local"]), networkIn(info)];
      return address === undefined || network === undefined ? [] : { address, network };
    });
    return { name, up: flags.includes("UP"), carrier: flags.includes("LOWER_UP"), addresses };
  });
}

/**
 * Gateways that cannot be a nexthop, from the answers of `ip -j -d -N route get A`. A gateway without an answer has no
 * route at all. An answer out of our own table says nothing about the gateway (an exclusion is missing just then).
 */
export function parseUnusable(
  gateways: readonly string[],
  answers: readonly string[],
  table: number,
): UnusableNexthop[] {
  const found = new Map(readAnswers(answers).map((entry) => [entry["dst"], entry]));
  return gateways.flatMap((gateway) => {
    const answer = found.get(gateway);
    const fault = answer ? faultIn(answer, table) : NO_ROUTE;
    return fault === undefined ? [] : { gateway, fault };
  });
}

function readAnswers(answers: readonly string[]): Json[] {
  return answers.flatMap((json) => readList<Json>(json));
}

/** The interface of each gateway, from the same answers. */
export function parseDevices(answers: readonly string[], table: number): Map<string, string> {
  const usable = readAnswers(answers).filter((answer) => faultIn(answer, table) === undefined);
  return new Map(
    usable.flatMap((answer): [string, string][] => {
      const [gateway, device] = [addressOf(answer["dst"]), deviceOf(answer["dev"])];
      return gateway && device && numberInText(answer["table"], LARGEST) !== table ? [[gateway, device]] : [];
    }),
  );
}

const NO_ROUTE: NexthopFault = { code: "no-route", detail: "no interface of this machine leads to it" };

function faultIn(answer: Json, table: number): NexthopFault | undefined {
  if (numberInText(answer["table"], LARGEST) === table) return undefined;
  const type = typeOf(answer);
  if (type === "local") return { code: "own-address", detail: "it is an address of this machine itself" };
  if (type !== "unicast") return { code: "not-unicast", detail: `it is a ${type} address` };
  if (answer["gateway"] === undefined) return undefined;
  const through = addressOf(answer["gateway"]) ?? "another router";
  const detail = `it is not on a directly connected network (packets to it go through ${through})`;
  return { code: "not-connected", detail };
}

/**
 * Everything seen at once, from the lists of one `ip -batch` run in the order of `kernel.ts`: routes of the table,
 * rules, addresses, then one answer for each gateway that has a route.
 */
export function parseObserved(lists: readonly string[], gateways: readonly string[], table: number): Observed {
  const [routes = "", rules = "", addresses = "", ...answers] = lists;
  return {
    routes: parseRoutes(routes),
    rules: parseRules(rules),
    connected: parseConnected(addresses),
    addresses: parseAddresses(addresses),
    links: parseLinks(addresses),
    unusable: parseUnusable(gateways, answers, table),
    devices: parseDevices(answers, table),
  };
}
