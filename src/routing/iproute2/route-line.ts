import type { Cidr } from "../../net/cidr.ts";
import { parseDestination, typeOf } from "./routes.ts";

/** The beginning of a route: its type, unless that is unicast, and its destination. With `-N` the type is a number. */
const ROUTE = /^(?:([a-z]+|\d+) )?(default|[\da-f:][\da-f:./]*)(?: |$)/;

/** What every route of IPv6 has, and none of IPv4: its preference among router advertisements. */
const IPV6 = / pref (?:low|medium|high|\d+)(?:[ \\]|$)/;

/** What a line of `ip -N -o route show`, or the rest of one of `ip monitor`, says about a route; undefined for others. */
export function readRouteLine(line: string): { readonly type: string; readonly destination: Cidr } | undefined {
  const [, type = "1", text = ""] = ROUTE.exec(line) ?? [];
  const destination = parseDestination(text, text.includes(":") || IPV6.test(line) ? 6 : 4);
  return destination && { type: typeOf({ type }), destination };
}
