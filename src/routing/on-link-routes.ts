import { type Cidr, contains, distinct, isHost } from "../net/cidr.ts";
import type { Observed, Route } from "./types.ts";

/*
 * In IPv6 a `throw` is not for packets that are bound to an interface: its own one is `lo`, so the kernel goes past it to a
 * shorter prefix (find_match and fib6_backtrack in net/ipv6/route.c). All packets to link-local addresses are bound
 * (rt6_need_strict), and so are those of programs that choose the interface, such as DHCP servers. On an interface that leads
 * to gateways such packets would be sent to a gateway, also answers to hosts beside it, and probes of other gateways.
 * So the networks there have a route as well, behind the throw:
 *
 *   throw fe80::/64    metric 1024    for all packets that are not bound: the next rule decides
 *   fe80::/64 dev lan0 metric 2048    for those that are bound to lan0
 *   ::/0 nhid GROUP    metric 1024
 */

/** The metric of the first one of a network; more interfaces with the same network follow. */
const METRIC = 2048;

/** The routes to networks of the interfaces that lead to gateways, as far as managed destinations contain them. */
export function onLinkRoutes(
  table: number,
  managed: readonly Cidr[],
  { links, devices }: Pick<Observed, "links" | "devices">,
): Route[] {
  const names = new Set(devices.values());
  const own = links.filter(({ name, up }) => up && names.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const networksOf = (link: (typeof own)[number]): Cidr[] =>
    distinct(link.addresses.map(({ network }) => network)).filter((network) => {
      return !isHost(network) && managed.some((one) => contains(one, network));
    });
  const all = own.flatMap((link) => networksOf(link).map((network) => ({ device: link.name, network })));
  return distinct(all.map(({ network }) => network)).flatMap((destination) => {
    const on = all.filter(({ network }) => contains(network, destination) && contains(destination, network));
    return on.map(({ device }, index): Route => ({
      ...{ family: 6, table, type: "on-link", destination, metric: METRIC + index },
      nexthops: [{ gateway: "", weight: 1, device }],
    }));
  });
}
