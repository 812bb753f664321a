/** What `ip` printed about IPv6 on kernel 6.18 with iproute2 6.1.0. */
import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../../src/net/cidr.ts";
import { parseInterfaces } from "../../../../src/routing/iproute2/addresses.ts";
import {
  homesOfOthers,
  judgeRoutes,
  lookUpWords,
  outsideNetworks,
  parsePacketRoute,
  parsePaths,
} from "../../../../src/routing/iproute2/gateway-paths.ts";
import { parseNexthops, withHops } from "../../../../src/routing/iproute2/nexthops.ts";
import { parsePolicyRules } from "../../../../src/routing/iproute2/policy-rules.ts";
import { parseRoutes } from "../../../../src/routing/iproute2/routes.ts";
import { rulesAmong } from "../../../../src/routing/iproute2/rules.ts";

const cidr = (text: string) => parseCidr(text, [6])!;
const RULES =
  '[{"priority":0,"src":"all","table":"255"},{"priority":10886,"src":"fd00::1","dst":"2001::1","iif":"lo","table":"18000","protocol":"173"},' +
  '{"priority":10887,"not":null,"src":"all","fwmark":"0xad000000","fwmask":"0xff000000","goto":10888,"protocol":"173"},' +
  '{"priority":10888,"src":"fd00:5::","srclen":64,"table":"180","protocol":"173"},{"priority":10889,"src":"all","dst":"2001:db8::1","goto":10891,"protocol":"173"},' +
  '{"priority":10890,"src":"all","dst":"8000::","dstlen":1,"action":"7","protocol":"173"},{"priority":32766,"src":"all","table":"254","suppress_prefixlen":64}]';

test("rules of IPv6 are those of IPv4 with other addresses; one without a length is about a single address", () => {
  const common = { family: 6, protocol: 173 } as const;
  const ours = rulesAmong(parsePolicyRules(RULES), 6).filter(({ protocol }) => protocol === 173);
  expect(ours).toEqual([
    { ...common, preference: 10886, kind: "answer", from: cidr("fd00::1/128"), to: cidr("2001::1/128"), table: 18000 },
    { ...common, preference: 10887, kind: "unmarked", mark: 0xad000000, mask: 0xff000000, target: 10888 },
    { ...common, preference: 10888, kind: "lookup", table: 180, selector: { from: cidr("fd00:5::/64") } },
    { ...common, preference: 10889, kind: "goto", to: cidr("2001:db8::1/128"), target: 10891 },
    { ...common, preference: 10890, kind: "reject", to: cidr("8000::/1"), how: "unreachable" },
  ]);
});

test("routes of IPv6 name their group, and rejecting ones have no interface", () => {
  const json =
    '[{"type":"9","dst":"fd00:77::/64","dev":"lo","protocol":"173","metric":1024,"flags":[],"pref":"medium"},' +
    '{"dst":"default","nhid":173046080,"protocol":"173","metric":1024,"flags":[],"pref":"medium","nexthops":[' +
    '{"gateway":"fd00:77::10","dev":"v0","weight":1,"flags":["onlink"]},{"gateway":"fe80::10","dev":"v0","weight":1,"flags":["onlink"]}]},' +
    '{"dst":"2001:db8::1","gateway":"fe80::1","dev":"v1","protocol":"9","metric":1024,"flags":[],"expires":1798},' +
    '{"type":"7","dst":"default","dev":"lo","protocol":"173","metric":4294967294,"flags":[],"pref":"medium"}]';
  const common = { family: 6, table: 180 } as const;
  expect(parseRoutes(json, 180, 6)).toEqual([
    { ...common, type: "throw", destination: cidr("fd00:77::/64"), metric: 1024, protocol: 173, nexthops: [] },
    {
      ...{ ...common, type: "unicast", destination: cidr("::/0"), metric: 1024, protocol: 173, nexthopId: 173046080 },
      nexthops: [
        { gateway: "fd00:77::10", weight: 1, device: "v0" },
        { gateway: "fe80::10%v0", weight: 1, device: "v0" },
      ],
    },
    {
      ...{ ...common, type: "unicast", destination: cidr("2001:db8::1/128"), metric: 1024, protocol: 9 },
      nexthops: [{ gateway: "fe80::1%v1", weight: 1, device: "v1" }],
    },
    { ...common, type: "unreachable", destination: cidr("::/0"), metric: 4294967294, protocol: 173, nexthops: [] },
  ]);
});

describe("nexthop objects", () => {
  const json =
    '[{"id":7,"gateway":"10.0.0.1","dev":"v0","scope":"253","protocol":"196","flags":[]},' +
    '{"id":173046080,"group":[{"id":173046081},{"id":173046082}],"protocol":"173","flags":[]},' +
    '{"id":173046081,"gateway":"fd00:77::10","dev":"v0","scope":"253","protocol":"173","flags":["onlink"]},' +
    '{"id":173046082,"gateway":"fe80::10","dev":"v0","scope":"253","protocol":"173","flags":["onlink"]},' +
    '{"id":173046083,"blackhole":null,"protocol":"173","flags":[]},' +
    '{"id":173046084,"group":[{"id":7,"weight":3}],"protocol":"196","flags":[]},' +
    '{"id":173046085,"group":[{"id":7}],"type":"resilient","resilient_args":{},"protocol":"173","flags":[]},' +
    '{"id":173046336,"gateway":"fd00:77::10","dev":"v0","scope":"253","protocol":"173","flags":["onlink"]}]';

  test("with ids of the table are read, those of other kinds as such", () => {
    expect(parseNexthops(json, 180)).toEqual([
      { id: 173046080, protocol: 173, kind: "group", members: [173046081, 173046082] },
      { id: 173046081, protocol: 173, kind: "slot", gateway: "fd00:77::10", device: "v0" },
      { id: 173046082, protocol: 173, kind: "slot", gateway: "fe80::10%v0", device: "v0" },
      { id: 173046083, protocol: 173, kind: "other", replaceableBy: "slot" },
      { id: 173046084, protocol: 196, kind: "other", replaceableBy: "group" },
      { id: 173046085, protocol: 173, kind: "other", replaceableBy: undefined },
    ]);
    expect(parseNexthops(json, 181).map(({ id }) => id)).toEqual([173046336]);
    expect(parseNexthops("", 180)).toEqual([]);
  });

  test("are the nexthops of a route that names their group, where the kernel lists none for it", () => {
    const [route] = parseRoutes('[{"dst":"default","nhid":173046080,"protocol":"173","metric":1024}]', 180, 6);
    expect(withHops(route!, parseNexthops(json, 180)).nexthops).toEqual([
      { gateway: "fd00:77::10", weight: 1, device: "v0" },
      { gateway: "fe80::10%v0", weight: 1, device: "v0" },
    ]);
  });

  test.each(['[{"id":"7"}]', '[{"id":173046081,"gateway":7}]', '[{"id":173046081,"group":[7]}]', "[7]"])(
    "that iproute2 never prints are refused: %s",
    (text) => {
      expect(() => parseNexthops(text, 180)).toThrow("unexpected output of ip");
    },
  );
});

const ADDRESSES =
  '[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8},{"family":"inet6","local":"::1","prefixlen":128}]},' +
  '{"ifindex":2,"ifname":"v0","flags":["BROADCAST","UP"],"addr_info":[{"family":"inet6","local":"2001:db8:1::1","prefixlen":64,"dynamic":true,"mngtmpaddr":true},' +
  '{"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"253"}]},' +
  '{"ifindex":3,"ifname":"v1","flags":["UP","LOWER_UP"],"addr_info":[{"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"253"}]}]';

test("networks and addresses of IPv6 are read by themselves from a list of both families", () => {
  const { connected, addresses, links } = parseInterfaces(ADDRESSES, 6);
  expect(connected).toEqual(["2001:db8:1::/64", "::1/128", "fe80::/64"].map(cidr));
  expect(addresses).toEqual(["::1", "2001:db8:1::1", "fe80::1", "fe80::1"]);
  expect(links.map(({ name, carrier }) => [name, carrier])).toEqual([
    ["lo", true],
    ["v0", false],
    ["v1", true],
  ]);
  expect(parseInterfaces(ADDRESSES).addresses).toEqual(["127.0.0.1"]);
});

describe("the path to a gateway of IPv6", () => {
  const { links } = parseInterfaces(ADDRESSES, 6);
  const answers = [
    '[{"dst":"2001:db8:1::9","from":"::","dev":"v0","protocol":"2","prefsrc":"2001:db8:1::1","metric":256,"flags":[],"pref":"medium"}]',
    '[{"dst":"fe80::10","from":"::","dev":"v0","protocol":"2","metric":256,"flags":[]}]',
    '[{"dst":"fe80::10","from":"::","dev":"v1","protocol":"2","metric":256,"flags":[]}]',
    '[{"type":"2","dst":"2001:db8:1::1","from":"::","dev":"lo","table":"255","protocol":"2","metric":0}]',
    '[{"dst":"2001:db8:2::1","from":"::","gateway":"fe80::5","dev":"v0","protocol":"9","metric":1024}]',
    '[{"dst":"2001:db8:1::7","from":"::","gateway":"2001:db8:1::9","dev":"v0","table":"180","metric":1024}]',
  ];
  const gateways = ["2001:db8:1::9", "fe80::10%v0", "fe80::10%v1", "2001:db8:1::1", "2001:db8:2::1", "2001:db8:1::7"];

  test("is that of its own interface, also where another one has the same link-local address", () => {
    const paths = parsePaths(gateways, answers, [180]);
    expect([...paths.devices]).toEqual([
      ["2001:db8:1::9", "v0"],
      ["fe80::10%v0", "v0"],
      ["fe80::10%v1", "v1"],
    ]);
    expect(paths.unusable.map(({ gateway, fault: { code, detail } }) => [gateway, code, detail])).toEqual([
      ["2001:db8:1::1", "own-address", "it is an address of this machine itself"],
      [
        ...(["2001:db8:2::1", "not-connected"] as const),
        "it is not on a directly connected network (packets to it go through fe80::5%v0)",
      ],
    ]);
    expect([...homesOfOthers(gateways, paths, links)]).toEqual([["2001:db8:1::7", "v0"]]);
    expect(outsideNetworks(paths.devices, links)).toEqual([]);
  });

  test("is asked for with the interface of a link-local address", () => {
    expect(["fe80::10%v0", "fd00::1", "10.0.0.1"].map(lookUpWords)).toEqual(["fe80::10 oif v0", "fd00::1", "10.0.0.1"]);
  });

  test("by a route to it or to its own network is accepted, by one of a whole site or the default route is not", () => {
    const match = (dst: string) => `[{"dst":"${dst}","dev":"tun0","protocol":"2","metric":256,"flags":[]}]`;
    const judge = (dst: string) => {
      const { devices, unusable } = judgeRoutes(["fd00:9::1"], [match(dst)], links);
      return [...devices.values(), ...unusable.map(({ fault }) => fault.detail)][0];
    };
    expect(["fd00:9::1", "fd00:9::/64", "fd00:9::/48", "default"].map(judge)).toEqual([
      "tun0",
      "tun0",
      "it is not on a directly connected network (only the route to fd00:9::/48 over tun0 leads to it)",
      "it is not on a directly connected network (only the default route over tun0 leads to it)",
    ]);
  });

  test("of a packet names a link-local gateway with its interface", () => {
    expect(parsePacketRoute(answers[4]!)).toEqual({ table: 254, gateway: "fe80::5%v0" });
  });
});
