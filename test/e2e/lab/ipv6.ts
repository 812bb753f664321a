/** IPv6 in a lab: a second address for each of its hosts, and how the router routes it. */
import { readdirSync } from "node:fs";
import type { Namespace } from "./namespace.ts";
import type { Network } from "./network.ts";
import { until } from "./wait.ts";

export const ROUTER6 = "fd00:77::1";
export const CLIENT6 = "fd00:66::2";
export const UPSTREAM6 = "fd00:88::1";

/** A public network that exists in the lab; none of its packets leaves it. */
const INTERNET6_NETWORK = "2001:4860::/32";
export const INTERNET6 = "2001:4860:4860::8888";

/** The address of the gateway with this number, which counts from 1. */
export const address6Of = (gateway: number): string => `fd00:77::${10 + gateway}`;

/** Flags with the IPv6 addresses of so many gateways, and nothing of IPv4. */
export function flagsOfIpv6(gateways: number) {
  const others = Array.from({ length: gateways - 1 }, (_, index) => address6Of(index + 2));
  return { "start-ip": address6Of(1), "end-ip": address6Of(1), gateway: others, route: ["::/0"] } as const;
}

/** Gives all hosts of a network addresses of IPv6, beside those of IPv4. @param count of the gateways */
export async function addIpv6(network: Network, count: number): Promise<void> {
  const { router, client, upstream, gateways } = network;
  for (const space of [router, client, upstream, ...gateways]) enable(space);
  router.tune({ "ipv6/conf/all/forwarding": 1, "ipv6/fib_multipath_hash_policy": 1 });
  await router.batch([
    `address add ${ROUTER6}/64 dev gw0 nodad`,
    "address add fd00:66::1/64 dev lan0 nodad",
    "address add fd00:88::2/64 dev wan0 nodad",
    `route add ::/0 via ${UPSTREAM6}`,
  ]);
  await connect(client, [CLIENT6], "fd00:66::1");
  await connect(upstream, [UPSTREAM6], "fd00:88::2", INTERNET6_NETWORK);
  const addresses = Array.from({ length: count }, (_, index) => address6Of(index + 1));
  for (const [index, space] of gateways.entries()) {
    const own = gateways.length === 1 ? addresses : [addresses[index]!];
    await connect(space, own, ROUTER6, INTERNET6_NETWORK);
  }
}

/** Turns IPv6 on, with addresses that are of use at once: packets are not forwarded from one that is still tentative. */
function enable(space: Namespace): void {
  const devices = space.enter(() => readdirSync("/proc/sys/net/ipv6/conf"));
  space.tune(Object.fromEntries(devices.map((device) => [`ipv6/conf/${device}/accept_dad`, 0])));
  space.tune({ "ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/default/disable_ipv6": 0 });
}

async function connect(space: Namespace, addresses: string[], router: string, ...accepted: string[]): Promise<void> {
  await space.batch([
    ...addresses.map((address) => `address add ${address}/64 dev eth0 nodad`),
    `route add ::/0 via ${router}`,
    ...accepted.map((network) => `route add local ${network} dev lo`),
  ]);
}

/**
 * Resolves once a host can send over IPv6: its addresses are tentative until the kernel has noticed the carrier of their
 * interface, and on a busy machine that takes longer than the three solicitations after which a neighbour counts as gone.
 */
export async function untilUsable6(space: Namespace): Promise<void> {
  const tentative = (): Promise<string> => space.ip("-6", "-o", "address", "show", "tentative");
  await until(`addresses of ${space.name} that are not tentative`, tentative, (text) => text.trim() === "");
  const routes = (): Promise<string> => space.ip("-6", "route", "show", "table", "all");
  const isUp = (text: string): boolean => text.includes("multicast ff00::/8") && !text.includes("linkdown");
  await until(`the links of ${space.name} to be up`, routes, isUp);
}

interface Nexthop {
  readonly id: number;
  readonly gateway?: string;
  readonly group?: readonly { readonly id: number }[];
}

/** The gateway of each slot of the group that the managed route has; none where there is no such route. */
export async function readSlots(router: Namespace, table: number, destination = "default"): Promise<string[]> {
  const show = ["-6", "-j", "route", "show", "table", String(table), "proto", "173"];
  const routes = JSON.parse(await router.ip(...show).catch(() => "[]")) as { dst: string; nhid?: number }[];
  const group = routes.find(({ dst, nhid }) => dst === destination && nhid !== undefined)?.nhid;
  if (group === undefined) return [];
  const objects = JSON.parse(await router.ip("-j", "nexthop", "show")) as Nexthop[];
  const gateways = new Map(objects.map(({ id, gateway }) => [id, gateway ?? ""]));
  return (objects.find(({ id }) => id === group)?.group ?? []).map(({ id }) => gateways.get(id) ?? "");
}

/** All rules and routes of IPv6, and all nexthop objects, as text: the same text before and after means that nothing was changed. */
export async function snapshot6(router: Namespace): Promise<string> {
  const [rules, routes, nexthops] = await Promise.all([
    router.ip("-6", "-d", "rule"),
    router.ip("-6", "-d", "route", "show", "table", "all"),
    router.ip("nexthop", "show"),
  ]);
  return `${rules}${routes}${nexthops}`.replaceAll(/[ \t]+/g, " ");
}
