import { type Family, parseAddress } from "../../net/address.ts";
import { type Cidr, everything, hostOf, parseCidr } from "../../net/cidr.ts";
import { MAIN_TABLE } from "../tables.ts";
import { type NextHop, type ObservedRoute, PROTOCOL } from "../types.ts";
import {
  deviceOf,
  gatewayOf,
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
 * Routes of one family from `ip -j -N route show table N`. A route with a TOS is another key than ours ever is, and left
 * out.
 *
 * @param shown the table of routes for which `ip` prints none: N, and the main one among those of all tables
 * @throws {IpError} when it is not what iproute2 prints
 */
export function parseRoutes(json: string, shown = MAIN_TABLE, family: Family = 4): ObservedRoute[] {
  return readList(json).flatMap((entry) => {
    const destination = parseDestination(textOf(entry["dst"], ""), family);
    const table = entry["table"] === undefined ? shown : numberInText(entry["table"], LARGEST);
    if (!destination || entry["tos"] !== undefined || table === undefined) return [];
    const type = typeOf(entry);
    const nexthopId = wholeNumber(entry["nhid"], LARGEST, undefined);
    const nexthops = family === 6 && type !== "unicast" ? [] : nextHopsOf(entry, family); // others have `dev lo` there
    return ownType({
      family,
      table,
      type,
      destination,
      metric: wholeNumber(entry["metric"], LARGEST, 0),
      protocol: protocolOf(entry, BOOT),
      nexthops,
      ...(nexthopId !== undefined && { nexthopId }),
    });
  });
}

/** Lists the routes of all tables that have our mark. */
export const MARKED_ROUTES = `route show table all proto ${PROTOCOL}`;

/** Those routes: `ip` leaves out a field by which it filters. */
export function parseMarked(json: string, family: Family = 4): ObservedRoute[] {
  return parseRoutes(json, MAIN_TABLE, family).map((route) => ownType({ ...route, protocol: PROTOCOL }));
}

/** A route, of which those of ours over an interface alone have a type of their own. */
export function ownType(route: ObservedRoute): ObservedRoute {
  const { family, protocol, type, nexthops, nexthopId } = route;
  const isOnLink = family === 6 && type === "unicast" && nexthopId === undefined && nexthops[0]?.gateway === "";
  return isOnLink && protocol === PROTOCOL ? { ...route, type: "on-link" } : route;
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

/** The destination of a route of one family. */
export function parseDestination(text: string, family: Family = 4): Cidr | undefined {
  if (text === "default") return everything(family);
  if (text.includes("/")) return parseCidr(text, [family]);
  const address = parseAddress(text, [family]);
  return address && hostOf(address);
}

/** A route with a single nexthop has it at the top level; one without a gateway (a device route) counts as "". */
function nextHopsOf({ nexthops, gateway, dev }: Json, family: Family): NextHop[] {
  const single = gateway === undefined && dev === undefined ? [] : [{ gateway, dev }];
  return (nexthops === undefined ? single : listOf(nexthops)).map((hop: Json) => {
    const device = deviceOf(hop["dev"]);
    return {
      gateway: gatewayOf(hop["gateway"], device, family) ?? "",
      weight: wholeNumber(hop["weight"], 256, 1, 1),
      ...(device === undefined ? {} : { device }),
    };
  });
}
