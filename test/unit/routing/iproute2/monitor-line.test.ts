import { describe, expect, test } from "bun:test";

import { FAMILIES } from "../../../../src/net/address.ts";
import { parseCidr } from "../../../../src/net/cidr.ts";
import { readMonitorLine } from "../../../../src/routing/iproute2/monitor-line.ts";

function route(destination: string, table?: number) {
  return { kind: "route", table, destination: parseCidr(destination, FAMILIES) };
}

function link(devices: readonly string[], network?: string) {
  return { kind: "link", devices, network: network === undefined ? undefined : parseCidr(network, FAMILIES) };
}

describe("monitor lines", () => {
  test.each([
    ["[ROUTE]Deleted default table 180 proto 173 \\\tnexthop via 10.0.0.11 dev v0 weight 1", route("0.0.0.0/0", 180)],
    ["[ROUTE]9 10.0.0.0/8 table 180 proto 173", route("10.0.0.0/8", 180)],
    ["[ROUTE]Deleted 7 default table 180 proto 173 metric 4294967295", route("0.0.0.0/0", 180)],
    ["[ROUTE]Deleted 2 10.0.0.1 dev v0 table 255 proto 2 scope 254 src 10.0.0.1", route("10.0.0.1/32", 255)],
    ["[ROUTE]throw 10.0.0.0/8 table 180 proto 173", route("10.0.0.0/8", 180)],
    ["[ROUTE]default via 10.0.0.1 dev v0 table 1800", route("0.0.0.0/0", 1800)],
    ["[ROUTE]default via 10.0.0.1 dev v0", route("0.0.0.0/0")],
    ["[ROUTE]default via 10.0.0.1 dev v0 table vpn", route("0.0.0.0/0")],
    ["[ROUTE]10.0.0.11 dev v0 scope link", route("10.0.0.11/32")],
    ["[ROUTE]Deleted local 10.0.0.1 dev v0 table local proto kernel scope host src 10.0.0.1", route("10.0.0.1/32")],
    ["[ROUTE]fe80::/64 dev v0 proto 2 metric 256 pref medium", route("fe80::/64")],
    ["[ROUTE]9 2001:db8::/32 dev lo table 180 proto 173 metric 1024 pref medium", route("2001:db8::/32", 180)],
    [
      "[ROUTE]Deleted default nhid 7 table 180 proto 173 metric 1024 pref medium\\\tnexthop via fe80::1",
      route("::/0", 180),
    ],
    ["[ROUTE]default via fe80::1 dev v0 proto 9 metric 1024 expires 1798sec pref high", route("::/0")],
    ["[ROUTE]default via 10.0.0.1 dev v0", route("0.0.0.0/0")],
    ["[NEXTHOP]id 173046081 via fd00:77::10 dev v0 scope 253 proto 173 onlink ", { kind: "nexthop", table: 180 }],
    ["[NEXTHOP]Deleted id 173046080 group 173046081/173046082 proto 173 ", { kind: "nexthop", table: 180 }],
    ["[NEXTHOP]id 17 via 10.0.0.1 dev v0 scope 253 proto 196 ", undefined],
    ["[RULE]Deleted 10888:\tfrom all lookup 180 proto 173", { kind: "rule" }],
    ["[LINK]3: v0: <BROADCAST,MULTICAST> mtu 1500", link(["v0"])],
    ["[LINK]Deleted 3: v0@v1: <BROADCAST,MULTICAST> mtu 1500", link(["v0@v1", "v0"])],
    ["[LINK]3: eth0.100@NONE: <BROADCAST,MULTICAST> mtu 1500 alias a: b@c: d", link(["eth0.100@NONE", "eth0.100"])],
    ["[LINK]3: a@b@c: <BROADCAST,MULTICAST> mtu 1500", link(["a@b@c", "a@b"])],
    ["[LINK]Deleted 4: va@NONE: <BROADCAST> mtu 1500 master br0 state DOWN", link(["va@NONE", "va", "br0"])],
    ["[LINK]something else", link([])],
    ["[ADDR]Deleted 3: v0    inet 10.0.0.1/24 scope 0 v0", link(["v0"], "10.0.0.0/24")],
    ["[ADDR]3: a@b    inet 10.5.0.1 peer 10.6.0.1/32 scope 0 a@b", link(["a@b", "a"], "10.6.0.1/32")],
    ["[ADDR]3: v0    inet6 fe80::1/64 scope 253", link(["v0"], "fe80::/64")],
    ["netlink receive error No buffer space available (105)", { kind: "overflow" }],
    ["", undefined],
    ["Dump terminated", undefined],
  ])("%p means %p", (line, event) => {
    expect(readMonitorLine(line)).toEqual(event as ReturnType<typeof readMonitorLine>);
  });
});
