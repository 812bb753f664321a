import { isIdOf, isOurId } from "../nexthop-ids.ts";
import { type NextHop, type NexthopObject, type ObservedNexthop, type ObservedRoute, PROTOCOL } from "../types.ts";
import { deviceOf, gatewayOf, type Json, LARGEST, listOf, readList, wholeNumber } from "./fields.ts";
import { protocolOf } from "./routes.ts";

/** Lists all nexthop objects. With a family `ip` would leave out the groups, which have none. */
export const NEXTHOPS = "nexthop show";

/**
 * The nexthop objects of a table from `ip -j -N nexthop show`, whatever program made them.
 *
 * @throws {IpError} when it is not what iproute2 prints
 */
export function parseNexthops(json: string, table: number): ObservedNexthop[] {
  return objectsWith(json, (id) => isIdOf(table, id));
}

/** Those of all tables that have our mark. */
export function parseMarkedNexthops(json: string): NexthopObject[] {
  return objectsWith(json, isOurId).flatMap((one) => (one.protocol === PROTOCOL && one.kind !== "other" ? one : []));
}

/**
 * A route with the nexthops behind its object, which the kernel does not list for it where net.ipv4.nexthop_compat_mode is 0
 * (rt6_fill_node in net/ipv6/route.c).
 */
export function withHops(route: ObservedRoute, objects: readonly ObservedNexthop[]): ObservedRoute {
  if (route.nexthopId === undefined || route.nexthops.length > 0) return route;
  const found = new Map(objects.map((one) => [one.id, one]));
  const object = found.get(route.nexthopId);
  const slots = object?.kind === "group" ? object.members.map((id) => found.get(id)) : [object];
  const nexthops = slots.flatMap((slot): NextHop | [] =>
    slot?.kind === "slot" ? { gateway: slot.gateway, weight: 1, ...(slot.device && { device: slot.device }) } : [],
  );
  return { ...route, nexthops };
}

function objectsWith(json: string, isWanted: (id: number) => boolean): ObservedNexthop[] {
  return readList(json).flatMap((entry) => {
    const id = wholeNumber(entry["id"], LARGEST, undefined);
    return id === undefined || !isWanted(id) ? [] : objectIn(entry, id);
  });
}

function objectIn(entry: Json, id: number): ObservedNexthop {
  const common = { id, protocol: protocolOf(entry) };
  if (entry["group"] !== undefined) return { ...common, ...groupIn(entry) };
  const device = deviceOf(entry["dev"]);
  const gateway = gatewayOf(entry["gateway"], device, 6);
  return gateway === undefined
    ? { ...common, kind: "other", replaceableBy: "slot" }
    : { ...common, kind: "slot", gateway, ...(device && { device }) };
}

/** A group; `other` where its members have weights, or it is a resilient one, which no other group can replace. */
function groupIn({ group, type }: Json) {
  const members = listOf(group);
  if (type !== undefined) return { kind: "other", replaceableBy: undefined } as const;
  if (members.some(({ weight = 1 }) => weight !== 1)) return { kind: "other", replaceableBy: "group" } as const;
  return { kind: "group", members: members.map(({ id }) => wholeNumber(id, LARGEST, 0)) } as const;
}
