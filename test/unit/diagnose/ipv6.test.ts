/** What check finds about IPv6 apart from settings of the kernel. */
import { describe, expect, test } from "bun:test";

import { adviceOf } from "../../../src/diagnose/ipv6-advice.ts";
import { checkNexthopUse } from "../../../src/diagnose/nexthop-use.ts";
import { checkNexthops } from "../../../src/diagnose/nexthops.ts";
import { checkMainRoutes } from "../../../src/diagnose/overruled.ts";
import { checkSession } from "../../../src/diagnose/session.ts";
import { checkWanServices } from "../../../src/diagnose/wan-services.ts";
import { parseAddress } from "../../../src/net/address.ts";
import { type Cidr, parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import { desiredState } from "../../../src/routing/desired.ts";
import { groupIdOf } from "../../../src/routing/nexthop-ids.ts";
import { parseOrigins } from "../../../src/routing/iproute2/origins.ts";
import type { NexthopFaultCode } from "../../../src/pool/nexthop-fault.ts";
import { TABLE_REF } from "./kernel-facts.fixture.ts";

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text, [6])!);
const [A, B] = ["fd00:77::a", "fd00:77::b"] as const;

const { routes: WANTED } = desiredState(
  {
    managed: cidrs("::/0"),
    excluded: [],
    reserved: cidrs("fc00::/7", "fe80::/10"),
    gateways: cidrs(`${A}/128`, `${B}/128`),
  },
  cidrs("fd00:77::/64"),
  [{ gateway: A, weight: 1 }],
  TABLE_REF,
  undefined,
  6,
);

describe("gateways of IPv6 that cannot be nexthops", () => {
  const link = (name: string, address: string, network: string, up = true): Link => {
    return { name, up, carrier: up, addresses: [{ address, network: parseCidr(network, [6])! }] };
  };
  const remedyOf = (
    code: NexthopFaultCode,
    links: readonly Link[] = [],
    interfaces: Parameters<typeof checkNexthops>[5] = { all: new Set(["lan0"]), withoutIpv6: [] },
    gateway: string = A,
  ) => {
    const unusable = [{ gateway, fault: { code, detail: "it is so" } }];
    return checkNexthops([gateway, B], unusable, links, undefined, undefined, interfaces)[0]!.remedy;
  };

  test("get a host route of IPv6 on the one interface that has no network", () => {
    expect(remedyOf("no-route", [link("lan0", "fd00:1::1", "fd00:1::1/128")])).toBe(
      `ip -6 route add ${A}/128 dev lan0`,
    );
    expect(remedyOf("no-route", [link("lan0", "fd00:1::1", "fd00:1::/64")])).toContain("(ip -6 route add GATEWAY/128");
    expect(remedyOf("no-route", [link("lan0", "fd00:77::1", "fd00:77::/64", false)])).toBe("ip link set lan0 up");
  });

  test("get IPv6 where that is turned off", () => {
    const { withoutIpv6, ...others } = { all: new Set(["lan0"]), withoutIpv6: ["lan0"] };
    expect(remedyOf("no-route", [], { ...others, withoutIpv6 })).toStartWith(
      "if IPv6 is turned off where they are: sysctl net.ipv6.conf.lan0.disable_ipv6=0; then give this machine an address",
    );
  });

  test("get the interface that their link-local address names", () => {
    expect(remedyOf("no-interface", [], undefined, "fe80::a%lan1")).toStartWith("create interface lan1, or write");
    expect(remedyOf("no-interface", [], undefined, "fe80::a%lan0")).toBe(
      "ip link set lan0 up; sysctl net.ipv6.conf.lan0.disable_ipv6=0",
    );
  });

  test("keep their address of the other family", () => {
    const address = parseAddress("10.0.0.1")!;
    const given = { gateway: [{ name: "a", address, address6: parseAddress(A, [6])!, weight: 2 }] };
    const remedy = (gateway: string) =>
      checkNexthops([gateway], [{ gateway, fault: { code: "own-address", detail: "" } }], [], undefined, given)[0]!
        .remedy;
    expect(remedy(A)).toBe(`give -gateway a=10.0.0.1,weight=2 in place of -gateway a=10.0.0.1+${A},weight=2`);
    expect(remedy("10.0.0.1")).toBe(`give -gateway a=${A},weight=2 in place of -gateway a=10.0.0.1+${A},weight=2`);
  });
});

describe("findings about IPv6", () => {
  test("of a session are about an address of that family", () => {
    const [finding] = checkSession("2a00:1::1", WANTED);
    expect(finding!.remedy).toBe("-exclude-cidr 2a00:1::1/128");
    for (const client of ["fd00:5::1", "fe80::1%lan0", "10.0.0.1", "8.8.8.8"]) {
      expect(checkSession(client, WANTED)).toEqual([]);
    }
  });

  test("of services have commands of IPv6", () => {
    const wan = { family: 6, device: "wan0", ports: [22], strict: false } as const;
    const [finding] = checkWanServices(wan, [], TABLE_REF);
    expect(finding!.remedy).toContain("nft 'table ip6 wan_answers {");
    expect(finding!.remedy).toEndWith("; ip -6 rule add pref 10887 fwmark 0xad lookup main");
  });

  test("of many routes of the main table have a rule of IPv6 as remedy", () => {
    const networks = Array.from({ length: 9 }, (_, index) => parseCidr(`2a00:${index}::/32`, [6])!);
    const [finding] = checkMainRoutes({ networks, more: 0, everything: false }, TABLE_REF, undefined, 6);
    expect(finding!.remedy).toContain("ip -6 rule add pref 10887 from all lookup main suppress_prefixlength 0");
  });

  test("of nexthop objects name the ones of other programs in the place of ours", () => {
    const ours = { kind: "slot", id: groupIdOf(180) + 1, gateway: A, protocol: 173 } as const;
    expect(checkNexthopUse({ tableRef: TABLE_REF }, undefined)).toEqual([]);
    expect(checkNexthopUse({ tableRef: TABLE_REF }, [ours])).toMatchObject([{ level: "ok" }]);
    const [finding, ...more] = checkNexthopUse({ tableRef: TABLE_REF }, [
      ours,
      { ...ours, id: 173_046_082, protocol: 4 },
    ]);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ level: "error", topic: "nexthop objects" });
    expect(finding!.remedy).toBe("remove it (ip nexthop del id 173046082), or choose another -first-routing-table-id");
  });
});

describe("the advice about addresses", () => {
  test.each([
    [["fd00:66::/64", "fe80::/64"], /^addresses of fd00:66::\/64 are not public:.*NAT66.*RFC 6724/],
    [["2a00:1::/64", "fd00:66::/64"], /^addresses of 2a00:1::\/64 belong to one provider,.*NAT66/],
  ])("for %j is given once", (networks, pattern) => {
    const [finding, ...more] = adviceOf(cidrs(...networks));
    expect(more).toEqual([]);
    expect(finding!.level).toBe("ok");
    expect(finding!.message).toMatch(pattern);
  });

  test("is none without such networks", () => {
    expect(adviceOf(cidrs("fe80::/64"))).toEqual([]);
  });
});

// As iproute2 6.1 prints them with -N on Linux 6.18.
const EXPIRING = { scope: "0", valid_life_time: 1800, preferred_life_time: 1800, dynamic: true };
const ADDRESSES = [
  { ifname: "lo", addr_info: [{ family: "inet6", local: "::1", prefixlen: 128, scope: "254" }] },
  { ifname: "lan0", addr_info: [{ family: "inet6", local: "fd00:66::1", prefixlen: 64, scope: "0" }] },
  {
    ifname: "wan0",
    addr_info: [
      { family: "inet6", local: "2a00:77::5", prefixlen: 64, mngtmpaddr: true, ...EXPIRING },
      { family: "inet6", local: "fe80::5", prefixlen: 64, scope: "253" },
    ],
  },
  { ifname: "wan1", addr_info: [{ family: "inet6", local: "2a00:78::5", prefixlen: 128, ...EXPIRING }] }, // DHCPv6
];
const ROUTES = [
  {
    dst: "default",
    gateway: "fe80::1",
    dev: "wan0",
    protocol: "9",
    metric: 1024,
    expires: 1799,
    flags: [],
    pref: "medium",
  },
  { dst: "2a00:77::/64", dev: "wan1", protocol: "9", metric: 256, flags: [], pref: "medium" },
];

test("addresses and default routes are read with where they are from", () => {
  expect(parseOrigins([JSON.stringify(ADDRESSES), JSON.stringify(ROUTES)])).toEqual({
    permanent: new Set(["lan0"]),
    advertised: new Set(["wan0"]),
    advertisedRoutes: new Set(["wan0"]),
  });
});
