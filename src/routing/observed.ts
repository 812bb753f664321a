import { type Cidr, distinct, formatCidr, networkOf, parseCidr } from "../net/cidr.ts";
import { parseIpv4 } from "../net/ipv4.ts";
import type { Link } from "./links.ts";
import type { NextHop, Observed, ObservedRoute, ObservedRule, Refusal } from "./types.ts";

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

interface RouteJson {
  type?: string;
  dst?: string;
  gateway?: string;
  dev?: string;
  tos?: string;
  metric?: number;
  protocol?: string;
  table?: string;
  nexthops?: { gateway?: string; dev?: string; weight?: number }[];
}

interface RuleJson {
  priority?: number;
  table?: string;
  protocol?: string;
  [selector: string]: unknown;
}

interface LinkJson {
  ifname?: string;
  flags?: string[];
  addr_info?: { family?: string; local?: string; address?: string; prefixlen?: number }[];
}

/** Fields of a rule that selects nothing: it matches every packet. `src` counts only when it is `all`. */
const PLAIN_FIELDS = new Set(["priority", "src", "table", "protocol", "family"]);

/** A list that `ip -j` printed; it prints nothing at all, or `[{}]`, where there is nothing to show. */
function parseList<T extends object>(json: string): T[] {
  const list = JSON.parse(json || "[]") as T[];
  return list.filter((entry) => Object.keys(entry).length > 0);
}

/** Routes from `ip -j -d -N route show table N`. A route with a TOS is another key than ours ever is, and left out. */
export function parseRoutes(json: string): (ObservedRoute & { readonly table: number | undefined })[] {
  return parseList<RouteJson>(json).flatMap((entry) => {
    const destination = parseDestination(entry.dst ?? "");
    if (!destination || entry.tos !== undefined) return [];
    return {
      family: 4 as const,
      type: typeOf(entry),
      destination,
      metric: entry.metric ?? 0,
      protocol: Number(entry.protocol ?? 0),
      nexthops: nextHopsOf(entry),
      table: entry.table === undefined ? undefined : Number(entry.table),
    };
  });
}

function typeOf({ type = "1" }: RouteJson): string {
  return TYPES[type] ?? type;
}

function parseDestination(text: string): Cidr | undefined {
  if (text === "default") return parseCidr("0.0.0.0/0");
  return parseCidr(text.includes("/") ? text : `${text}/32`);
}

/** A route with a single nexthop has it at the top level; one without a gateway (a device route) counts as "". */
function nextHopsOf({ nexthops, gateway, dev }: RouteJson): NextHop[] {
  const hops = nexthops ?? (gateway === undefined && dev === undefined ? [] : [{ gateway, dev, weight: 1 }]);
  return hops.map((hop) => ({
    gateway: hop.gateway ?? "",
    weight: hop.weight ?? 1,
    ...(hop.dev === undefined ? {} : { device: hop.dev }),
  }));
}

/** Rules from `ip -j -d -N rule show`. Rules that lead into no table are left out. */
export function parseRules(json: string): ObservedRule[] {
  return parseList<RuleJson>(json).flatMap((entry) => {
    if (entry.table === undefined || entry.priority === undefined) return [];
    return {
      family: 4 as const,
      preference: entry.priority,
      table: Number(entry.table),
      protocol: Number(entry.protocol ?? 0),
      plain: entry["src"] === "all" && Object.keys(entry).every((field) => PLAIN_FIELDS.has(field)),
    };
  });
}

/** Networks of the interfaces' addresses from `ip -4 -j address show`, link up or not: an exclusion should not flap. */
export function parseConnected(json: string): Cidr[] {
  const networks = parseList<LinkJson>(json).flatMap((link) =>
    (link.addr_info ?? []).flatMap(({ family, local, address, prefixlen }) => {
      const ip = parseIpv4(address ?? local ?? ""); // `address` is the far end of a point-to-point link
      if (family !== "inet" || ip === undefined || !prefixlen) return [];
      return networkOf(ip, prefixlen);
    }),
  );
  return distinct(networks).sort((a, b) => (formatCidr(a) < formatCidr(b) ? -1 : 1));
}

/** Addresses that interfaces hold, from the same text. */
export function parseAddresses(json: string): string[] {
  const held = parseList<LinkJson>(json).flatMap((link) => link.addr_info ?? []);
  return held.flatMap(({ family, local }) => (family === "inet" && local !== undefined ? [local] : []));
}

/**
 * Interfaces, from the same text. `UP` is whether it was turned on, `LOWER_UP` whether it has a carrier (netdevice(7)); a
 * link that cannot tell has the latter as well.
 */
export function parseLinks(json: string): Link[] {
  return parseList<LinkJson>(json).flatMap(({ ifname, flags = [], addr_info: infos = [] }) => {
    if (ifname === undefined) return [];
    const addresses = infos.flatMap(({ family, local, address, prefixlen }) => {
      const ip = parseIpv4(address ?? local ?? ""); // as in parseConnected
      if (family !== "inet" || local === undefined || ip === undefined || !prefixlen) return [];
      return { address: local, network: networkOf(ip, prefixlen) };
    });
    return { name: ifname, up: flags.includes("UP"), carrier: flags.includes("LOWER_UP"), addresses };
  });
}

/**
 * Gateways that cannot be a nexthop, from the answers of `ip -j -d -N route get A`. A gateway without an answer has no
 * route at all. An answer out of our own table says nothing about the gateway (an exclusion is missing just then).
 */
export function parseRefusals(gateways: readonly string[], answers: readonly string[], table: number): Refusal[] {
  const found = new Map(readAnswers(answers).map((entry) => [entry.dst, entry]));
  return gateways.flatMap((gateway) => {
    const answer = found.get(gateway);
    const why = answer ? objection(answer, table) : "no interface of this machine leads to it";
    return why === undefined ? [] : { gateway, why };
  });
}

function readAnswers(answers: readonly string[]): RouteJson[] {
  return answers.flatMap((json) => parseList<RouteJson>(json));
}

/** The interface of each gateway, from the same answers. */
export function parseDevices(answers: readonly string[], table: number): Map<string, string> {
  const usable = readAnswers(answers).filter((answer) => objection(answer, table) === undefined);
  return new Map(
    usable.flatMap(({ dst, dev, table: via }) => (dst && dev && Number(via) !== table ? [[dst, dev]] : [])),
  );
}

function objection(answer: RouteJson, table: number): string | undefined {
  if (answer.table !== undefined && Number(answer.table) === table) return undefined;
  const type = typeOf(answer);
  if (type === "local") return "it is an address of this machine itself";
  if (type !== "unicast") return `it is a ${type} address`;
  if (answer.gateway === undefined) return undefined;
  return `it is not on a directly connected network (packets to it go through ${answer.gateway})`;
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
    refusals: parseRefusals(gateways, answers, table),
    devices: parseDevices(answers, table),
  };
}
