import { expect, test } from "bun:test";

import { FAMILIES } from "../../../src/net/address.ts";
import { type Cidr, formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import { commandText } from "../../../src/routing/iproute2/batch.ts";
import { parseMarked, parseRoutes } from "../../../src/routing/iproute2/routes.ts";
import { onLinkRoutes } from "../../../src/routing/on-link-routes.ts";
import { sameRoute } from "../../../src/routing/same-route.ts";

const cidr = (text: string): Cidr => parseCidr(text, FAMILIES)!;
const EVERYTHING = [cidr("::/0")];

function link(name: string, ...networks: readonly string[]): Link {
  const addresses = networks.map((text) => ({ address: text.split("/")[0]!, network: cidr(text) }));
  return { name, up: true, carrier: true, addresses };
}

/** The routes as texts, with one gateway behind each of these interfaces. */
function routesOn(links: readonly Link[], devices: readonly string[], managed: readonly Cidr[] = EVERYTHING): string[] {
  const paths = new Map(devices.map((device, index) => [`fd00::${index}`, device]));
  return onLinkRoutes(180, managed, { links, devices: paths }).map(
    ({ destination, metric, nexthops }) => `${formatCidr(destination)} ${nexthops[0]!.device} ${metric}`,
  );
}

const LAN = link("lan0", "fe80::/64", "fd00:77::/64", "fd00:77::/64", "fd00:77::9/128");

test("networks of interfaces that lead to gateways have a route there, and others have none", () => {
  const wan = link("wan0", "fe80::/64", "2001:db8:9::/64");
  expect(routesOn([LAN, wan], ["lan0", "lan0"])).toEqual(["fe80::/64 lan0 2048", "fd00:77::/64 lan0 2048"]);
  expect(routesOn([LAN, wan], [])).toEqual([]);
});

test("a network of several interfaces has a route on each, with metrics of their own", () => {
  expect(routesOn([link("b", "fe80::/64"), link("a", "fe80::/64"), link("c", "fe80::/64")], ["b", "a", "c"])).toEqual([
    "fe80::/64 a 2048",
    "fe80::/64 b 2049",
    "fe80::/64 c 2050",
  ]);
});

test("networks outside of what is managed have none, and those of an interface that is down", () => {
  expect(routesOn([LAN], ["lan0"], [cidr("2000::/3")])).toEqual([]);
  expect(routesOn([LAN], ["lan0"], [cidr("fd00::/8")])).toEqual(["fd00:77::/64 lan0 2048"]);
  expect(routesOn([{ ...LAN, up: false }], ["lan0"])).toEqual([]);
});

test("such a route is made and deleted as one over the interface, and read as what it is", () => {
  const [route] = onLinkRoutes(180, EVERYTHING, { links: [LAN], devices: new Map([["fd00::1", "lan0"]]) });
  expect(commandText({ op: "add-route", route: route! })).toBe(
    "ip route add fe80::/64 table 180 proto 173 metric 2048 dev lan0",
  );
  expect(commandText({ op: "delete-route", route: { ...route!, protocol: 173 } })).toBe(
    "ip route del unicast fe80::/64 table 180 proto 173 metric 2048",
  );
  const shown = { dst: "fe80::/64", dev: "lan0", protocol: "173", metric: 2048, flags: [], pref: "medium" };
  const [read] = parseRoutes(JSON.stringify([shown]), 180, 6);
  expect(read!.type).toBe("on-link");
  expect(sameRoute(read!, route!)).toBe(true);
  const [elsewhere] = parseRoutes(JSON.stringify([{ ...shown, dev: "wan0" }]), 180, 6);
  expect(sameRoute(elsewhere!, route!)).toBe(false);
  const { protocol: _, ...unmarked } = shown;
  expect(parseMarked(JSON.stringify([{ ...unmarked, table: "180" }]), 6)[0]!.type).toBe("on-link");
});

test("a route of another program over an interface is one like others, and so is one of ours in IPv4", () => {
  const shown = { dst: "fe80::/64", dev: "lan0", protocol: "4", metric: 2048, flags: [] };
  expect(parseRoutes(JSON.stringify([shown]), 180, 6)[0]!.type).toBe("unicast");
  const ipv4 = { dst: "10.0.0.0/8", dev: "lan0", protocol: "173", flags: [] };
  expect(parseRoutes(JSON.stringify([ipv4]), 180)[0]!.type).toBe("unicast");
});
