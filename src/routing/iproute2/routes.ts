import { type Cidr, parseCidr } from "../../net/cidr.ts";
import { MAIN_TABLE } from "../tables.ts";
import { type NextHop, type ObservedRoute, PROTOCOL } from "../types.ts";
import {
  addressOf,
  deviceOf,
  type Json,
  LARGEST,
  listOf,
  numberInText,
  readList,
  textOf,
  unexpected,
  wholeNumber,
} from "./fields.ts";

/** `ip -N` prints route types as numbers (linux/rtnetlink.h), older releases as names even so. */
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

/**
 * Routes from `ip -j -N route show table N`. A route with a TOS is another key than ours ever is, and left out.
 *
 * @param shown the table of routes for which `ip` prints none: N, and the main one among those of all tables
 * @throws {IpError} when it is not what iproute2 prints
 */
export function parseRoutes(json: string, shown = MAIN_TABLE): ObservedRoute[] {
  return readList(json).flatMap((entry) => {
    const destination = parseDestination(textOf(entry["dst"], ""));
    const table = entry["table"] === undefined ? shown : numberInText(entry["table"], LARGEST);
    if (!destination || entry["tos"] !== undefined || table === undefined) return [];
    return {
      family: 4 as const,
      table,
      type: typeOf(entry),
      destination,
      metric: wholeNumber(entry["metric"], LARGEST, 0),
      protocol: protocolOf(entry, BOOT),
      nexthops: nextHopsOf(entry),
    };
  });
}

/** Lists the routes of all tables that have our mark. */
export const MARKED_ROUTES = `route show table all proto ${PROTOCOL}`;

/** Those routes: `ip` leaves out a field by which it filters. */
export function parseMarked(json: string): ObservedRoute[] {
  return parseRoutes(json).map((route) => ({ ...route, protocol: PROTOCOL }));
}

/** The type of a route, by name. */
export function typeOf({ type }: Json): string {
  const word = textOf(type, "1");
  if (!/^[\w-]+$/.test(word)) throw unexpected("a type of route");
  return Object.hasOwn(TYPES, word) ? TYPES[word]! : word;
}

/** RTPROT_BOOT of linux/rtnetlink.h: a route that `ip` was given without a protocol; `ip` then prints none either. */
const BOOT = 3;

/** The protocol of an entry, where `ip` prints it; 0 where that is a name, which ours never is. */
export function protocolOf({ protocol }: Json, missing = 0): number {
  return protocol === undefined ? missing : (numberInText(protocol, 255) ?? 0);
}

export function parseDestination(text: string): Cidr | undefined {
  if (text === "default") return parseCidr("0.0.0.0/0");
  return parseCidr(text.includes("/") ? text : `${text}/32`);
}

/** A route with a single nexthop has it at the top level; one without a gateway (a device route) counts as "". */
function nextHopsOf({ nexthops, gateway, dev }: Json): NextHop[] {
  const single = gateway === undefined && dev === undefined ? [] : [{ gateway, dev }];
  return (nexthops === undefined ? single : listOf(nexthops)).map((hop: Json) => {
    const device = deviceOf(hop["dev"]);
    return {
      gateway: addressOf(hop["gateway"]) ?? "",
      weight: wholeNumber(hop["weight"], 256, 1, 1),
      ...(device === undefined ? {} : { device }),
    };
  });
}
