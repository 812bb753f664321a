import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { keepPlaces } from "../../../src/config/difference.ts";
import { destinationsOf } from "../../../src/config/destinations.ts";
import { familiesOf, gatewaysInFamily, inFamily } from "../../../src/config/families.ts";
import { isGateway } from "../../../src/config/gateway-counts.ts";
import { gateway, gatewayFlag } from "../../../src/config/gateway-values.ts";
import { membersText } from "../../../src/config/members.ts";
import { addressesOf, type GatewayConfig, type PoolConfig, requirementsOf } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { tierRulesOf } from "../../../src/config/tiers.ts";
import { formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import { RESERVED } from "../../../src/net/reserved.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

function judge(line: string) {
  const { values, problems } = parseArguments(line.split(" ").filter(Boolean));
  expect(problems).toEqual([]);
  return parseConfig(values, { environment: {}, readFile: () => "" });
}

function configOf(line: string) {
  const parsed = judge(line);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const poolOf = (line: string): PoolConfig => configOf(line).pools[0];

const problemsOf = (line: string): readonly string[] => {
  const parsed = judge(line);
  return parsed.ok ? [] : parsed.problems;
};

const warningsOf = (line: string): readonly string[] => {
  const parsed = judge(line);
  return parsed.ok ? parsed.warnings.map(({ detail, remedy }) => `${detail}; ${remedy}`) : parsed.problems;
};

const BOTH = "-route default,default6";
const DUAL = "-gateway sweden=192.168.1.10+fd00::10,weight=2 -gateway 192.168.1.11 -gateway fd00::12,tier=2";

/** So many gateways of IPv6. */
const gateways = (count: number): string =>
  Array.from({ length: count }, (_, index) => `-gateway fd00:9::${(index + 1).toString(16)}`).join(" ");

describe("-gateway", () => {
  test.each([
    ["fd00:77::10", "fd00:77::10"],
    ["fe80::10%lan0", "fe80::10%lan0"],
    ["sweden=192.168.1.10+fd00::10", "sweden=192.168.1.10+fd00::10"],
    ["sweden=FD00::0010+192.168.1.10,tier=2,weight=3", "sweden=192.168.1.10+fd00::10,weight=3,tier=2"],
    ["192.168.1.10+fe80::1%br-lan.5", "192.168.1.10+fe80::1%br-lan.5"],
  ])("%s is %s", (text, canonical) => {
    expect(gatewayFlag(valueOf(gateway, text))).toBe(canonical);
    expect(valueOf(gateway, canonical)).toEqual(valueOf(gateway, text));
  });

  test.each([
    ["192.168.1.10+192.168.1.11", "one address of each family at most; write another -gateway for another gateway"],
    ["fd00::1+fd00::2", "one address of each family at most"],
    ["192.168.1.10+fd00::1+fd00::2", "one address of each family at most"],
    ["192.168.1.10+", "or both, such as 192.168.1.10+fd00::10"],
    ["192.168.1.10+fe80::1", "a link-local address with its interface, such as fe80::1%eth0"],
    ["192.168.1.10+[fd00::1]", "an address without brackets; write fd00::1"],
    ["192.168.1.10+norway=fd00::1", "a name of 1 to 63"],
  ])("%s is an error that says what to write", (text, expected) => {
    expect(expectedFor(gateway, text)).toContain(expected);
  });
});

describe("a gateway of both families", () => {
  test("is one gateway and one member, called by its first address", () => {
    const { gateways: all, pools } = configOf(`${DUAL} ${BOTH}`);
    expect(all).toEqual([
      { address: "192.168.1.10", address6: "fd00::10", name: "sweden", probes: ["http"], requirement: "all" },
      { address: "192.168.1.11", probes: ["http"], requirement: "all" },
      { address: "fd00::12", probes: ["http"], requirement: "all" },
    ]);
    expect(pools[0].members).toEqual([
      { gateway: "192.168.1.10", address6: "fd00::10", name: "sweden", weight: 2, tier: 1 },
      { gateway: "192.168.1.11", weight: 1, tier: 1 },
      { gateway: "fd00::12", weight: 1, tier: 2 },
    ]);
    expect(pools[0].gateways).toEqual(["192.168.1.10", "192.168.1.11", "fd00::12"]);
    expect(membersText(pools[0].members)).toBe("sweden (192.168.1.10), 192.168.1.11, fd00::12");
  });

  test("is found by either address where all addresses count", () => {
    const config = configOf(`${DUAL} ${BOTH}`);
    expect(addressesOf(config)).toEqual(["192.168.1.10", "fd00::10", "192.168.1.11", "fd00::12"]);
    expect(["192.168.1.10", "fd00::10"].map(requirementsOf(config))).toEqual(["all", "all"]);
  });

  test("has its place in a range that has one of its addresses", () => {
    const line = `-start-ip fd00::1 -end-ip fd00::3 -gateway lte=10.0.0.9+fd00::9 -gateway sweden=10.0.0.2+fd00::2 ${BOTH}`;
    expect(poolOf(line).gateways).toEqual(["fd00::1", "10.0.0.2", "fd00::3", "10.0.0.9"]);
    expect(problemsOf(`${line} -min-healthy 4`)).toEqual([
      "-min-healthy 4: only 2 gateways have an IPv4 address, and it counts in each family; lower it",
    ]);
  });
});

describe("a pool in one family", () => {
  const pool = poolOf(`${DUAL} -route default,2000::/3,8.8.8.0/24 -exclude-cidr 9.0.0.0/8,2001:4860::/32`);

  test("has the members with such an address, by that", () => {
    expect(inFamily(pool, 4)!.members).toEqual([
      { gateway: "192.168.1.10", name: "sweden", weight: 2, tier: 1 },
      { gateway: "192.168.1.11", weight: 1, tier: 1 },
    ]);
    expect(inFamily(pool, 6)!.members).toEqual([
      { gateway: "fd00::10", name: "sweden", weight: 2, tier: 1 },
      { gateway: "fd00::12", weight: 1, tier: 2 },
    ]);
    expect(inFamily(pool, 6)!.gateways).toEqual(["fd00::10", "fd00::12"]);
    expect(tierRulesOf(inFamily(pool, 4)!)).toBeUndefined();
    expect([...tierRulesOf(inFamily(pool, 6)!)!.of]).toEqual([
      ["fd00::10", 1],
      ["fd00::12", 2],
    ]);
  });

  test("has the destinations and exclusions of that family, also the reserved ones", () => {
    for (const [family, managed, excluded] of [
      [4, ["0.0.0.0/0", "8.8.8.0/24"], ["9.0.0.0/8"]],
      [6, ["2000::/3"], ["2001:4860::/32"]],
    ] as const) {
      const destinations = destinationsOf(inFamily(pool, family)!, []);
      expect(destinations.managed.map(formatCidr)).toEqual([...managed]);
      expect(destinations.excluded.map(formatCidr)).toEqual([...excluded]);
      expect(destinations.reserved).toEqual(RESERVED[family]);
    }
  });

  test("excludes all gateways, also those of the other family", () => {
    expect(destinationsOf(pool, ["10.0.0.1", "fd00::1", "fe80::1%lan0"]).gateways.map(formatCidr)).toEqual([
      "10.0.0.1/32",
      "fd00::1/128",
      "fe80::1/128",
    ]);
  });

  test.each([
    [[], [4, 6]],
    [["10.0.0.0/8"], [4]],
    [["fd00::/8"], [6]],
    [
      ["10.0.0.0/8", "fd00::/8"],
      [4, 6],
    ],
  ] as const)("is for no packets of a family without sources: %j is for %j", (from, families) => {
    const selectors = { ...pool.selectors, from: from.map((text) => parseCidr(text, [4, 6])!) };
    expect(familiesOf({ ...pool, selectors })).toEqual([...families]);
  });

  test("is for all packets of a family whose sources are everything in it", () => {
    const selectors = { ...pool.selectors, from: ["0.0.0.0/0", "fd00::/8"].map((text) => parseCidr(text, [4, 6])!) };
    expect(inFamily({ ...pool, selectors }, 4)!.selectors.from).toEqual([]);
    expect(inFamily({ ...pool, selectors }, 6)!.selectors.from.map(formatCidr)).toEqual(["fd00::/8"]);
  });

  test("is the pool itself where it has no other", () => {
    const alone = poolOf("-gateway 10.0.0.1 -gateway a=10.0.0.2,weight=3 -exclude-cidr 9.0.0.0/8");
    expect(inFamily(alone, 4)).toEqual(alone);
    expect(inFamily(alone, 6)).toBeUndefined();
  });
});

test("the gateways of a family keep the places that they have among all", () => {
  const { gateways: all } = configOf(`${DUAL} ${BOTH}`);
  const placed = ({ address, place }: GatewayConfig) => `${address} ${place}`;
  expect(gatewaysInFamily(all, 4).map(placed)).toEqual(["192.168.1.10 0", "192.168.1.11 1"]);
  expect(gatewaysInFamily(all, 6).map(placed)).toEqual(["fd00::10 0", "fd00::12 2"]);
  expect(gatewaysInFamily([{ ...all[2]!, place: 9 }], 6).map(placed)).toEqual(["fd00::12 9"]);
});

describe("a gateway keeps its place over a reload", () => {
  const one = (address: string, address6?: string): GatewayConfig => ({
    ...{ address, probes: ["http"], requirement: "all" },
    ...(address6 !== undefined && { address6 }),
  });
  const placesOf = (running: GatewayConfig[], ...wanted: GatewayConfig[]) =>
    keepPlaces(running, wanted).map(({ place }) => place);
  const running = [one("10.0.0.1"), one("10.0.0.2", "fd00::2"), one("fd00::3")];

  test("that gives it an address of the other family, or takes it away", () => {
    expect(placesOf(running, one("10.0.0.3", "fd00::3"), one("10.0.0.1", "fd00::1"), one("fd00::2"))).toEqual([
      2, 0, 1,
    ]);
  });

  test("but not one that gives it another address in place of one, nor to both parts of it", () => {
    expect(placesOf(running, one("10.0.0.2", "fd00::9"))).toEqual([3]);
    expect(placesOf(running, one("fd00::2"), one("10.0.0.2"))).toEqual([1, 3]);
  });
});

describe("a range of IPv6", () => {
  test("is its addresses in ascending order", () => {
    expect(poolOf("-start-ip fd00::fffe -end-ip fd00::1:1 -route ::/0").gateways).toEqual([
      ...["fd00::fffe", "fd00::ffff", "fd00::1:0", "fd00::1:1"],
    ]);
    expect(poolOf("-start-ip fe80::1%lan0 -end-ip fe80::2%lan0 -route ::/0").gateways).toEqual([
      "fe80::1%lan0",
      "fe80::2%lan0",
    ]);
    expect(membersText(poolOf("-start-ip fd00::1 -end-ip fd00::9 -route ::/0").members)).toBe("fd00::1 to fd00::9");
  });

  test.each([
    ["10.0.0.1", "fd00::1", "one end is of IPv4 and the other of IPv6; give both of one family"],
    ["fe80::1%a", "fe80::2%b", "the ends are on two interfaces, a and b; give both on one"],
    ["fd00::2", "fd00::1", "the start is after the end; swap them"],
    [
      "fd00::",
      "fd00:0:0:1::",
      "18446744073709551617 gateways of IPv6, but one group of nexthops holds at most 126 (iproute2 cannot write larger ones); narrow the range",
    ],
  ])("from %s to %s is an error", (start, end, problem) => {
    const both = "-gateway 10.0.0.9+fd00:9::9 -route default,default6 -min-healthy 5";
    expect(problemsOf(`-start-ip ${start} -end-ip ${end} ${both}`)).toEqual([
      `-start-ip ${start} -end-ip ${end}: ${problem}`,
    ]);
  });
});

describe("the number of gateways of IPv6", () => {
  const range = "-start-ip fd00::1 -end-ip fd00::3 -route ::/0";

  test("is limited to 126, beside 160 of IPv4", () => {
    expect(problemsOf(`${gateways(126)} -start-ip 10.0.0.1 -end-ip 10.0.0.160 ${BOTH}`)).toEqual([]);
    expect(problemsOf(`${gateways(127)} -route ::/0`)).toEqual([
      "-gateway: 127 gateways of IPv6, but one group of nexthops holds at most 126 (iproute2 cannot write larger ones); leave some out",
    ]);
    expect(problemsOf(`${range} ${gateways(124)}`)).toEqual([
      "-start-ip fd00::1 -end-ip fd00::3: 3 gateways of IPv6, and 124 more by -gateway, but one group of nexthops holds at most 126 (iproute2 cannot write larger ones); leave some out",
    ]);
    expect(problemsOf(`-start-ip 10.0.0.1 -end-ip 10.0.0.2 ${gateways(127)} ${BOTH}`)).toEqual([
      expect.stringMatching(/^-gateway: 127 gateways of IPv6/),
    ]);
  });

  test("bounds -min-healthy", () => {
    expect(problemsOf(`${range} -min-healthy 3`)).toEqual([]);
    expect(problemsOf(`${range} -min-healthy 4`)).toEqual(["-min-healthy 4: the range has only 3 gateways; lower it"]);
    expect(problemsOf(`${DUAL} ${BOTH} -min-healthy 3`)).toEqual([
      "-min-healthy 3: only 2 gateways have an IPv4 address, and it counts in each family; lower it",
      "-min-healthy 3: only 2 gateways have an IPv6 address, and it counts in each family; lower it",
    ]);
  });
});

describe("two -gateway", () => {
  test.each([
    [
      "-gateway a=10.0.0.1+fd00::1 -gateway fd00::1",
      "-gateway a=10.0.0.1+fd00::1 and -gateway fd00::1 have one address, fd00::1; remove one",
    ],
    [
      "-gateway fd00::2 -gateway 10.0.0.1+fd00::2",
      "-gateway fd00::2 and -gateway 10.0.0.1+fd00::2 have one address, fd00::2; remove one",
    ],
    [
      "-gateway a=fd00::1 -gateway a=10.0.0.1,weight=2",
      "-gateway a=fd00::1 and -gateway a=10.0.0.1,weight=2 have one name; rename one, or write one gateway of both: a=10.0.0.1+fd00::1",
    ],
  ])("%s are an error", (line, problem) => {
    expect(problemsOf(`${line} ${BOTH}`)).toEqual([problem]);
  });

  test("on two interfaces may have the same link-local address", () => {
    expect(problemsOf("-gateway fe80::1%a -gateway fe80::1%b -route ::/0")).toEqual([]);
  });
});

describe("a family that is routed", () => {
  test.each([
    [
      "-gateway 10.0.0.1 -route default,default6",
      "-route default6: no gateway has an IPv6 address; add one to a gateway, such as -gateway sweden=192.168.1.10+fd00::10, or remove that destination",
    ],
    [
      "-gateway 10.0.0.1 -route default,2000::/3,default6",
      "-route 2000::/3: no gateway has an IPv6 address; add one to a gateway, such as -gateway sweden=192.168.1.10+fd00::10, or remove that destination",
    ],
    [
      "-gateway fd00::1",
      "-route default: no gateway has an IPv4 address; add one to a gateway, such as -gateway sweden=192.168.1.10+fd00::10, or route IPv6 alone by -route default6",
    ],
  ])("needs a gateway of it: %s", (line, problem) => {
    expect(problemsOf(line)).toEqual([problem]);
  });

  test("is not missed where a gateway is faulty itself, or there is none at all", () => {
    expect(problemsOf("-gateway fd00::x -route default,default6")).toHaveLength(1);
    expect(problemsOf("-route default6")).toHaveLength(1);
  });

  test("is needed for addresses to have an effect", () => {
    expect(warningsOf(DUAL)).toEqual([
      "IPv6 addresses of gateways have no effect: no -route is of IPv6; add default6, as in default,default6, or remove the addresses",
    ]);
    expect(warningsOf(`${DUAL} -route 2000::/3`)).toEqual([
      "IPv4 addresses of gateways have no effect: no -route is of IPv4; add default, as in 2000::/3,default, or remove the addresses",
    ]);
    expect(warningsOf(`${DUAL} ${BOTH}`)).toEqual([]);
  });

  test("needs a table with ids for nexthops, if it is IPv6", () => {
    const table = "-first-routing-table-id 65536";
    expect(problemsOf(`-gateway fd00::1 -route ::/0 ${table}`)).toEqual([
      "-first-routing-table-id 65536: the nexthops of IPv6 have ids by their table, for which 65535 is the last; choose one up to 65535",
    ]);
    expect(problemsOf(`-gateway 10.0.0.1 ${table}`)).toEqual([]);
    expect(problemsOf("-gateway fd00::1 -route ::/0 -first-routing-table-id 65535")).toEqual([]);
  });

  test("has exclusions of its own under a kill switch", () => {
    const excluded = Array.from({ length: 150 }, (_, index) => `9.9.${index}.0/24,2001:db8:${index + 1}::/48`).join();
    const line = `-gateway 10.0.0.1+fd00::1 ${BOTH} -when-no-gateways unreachable -exclude-cidr ${excluded}`;
    expect(problemsOf(line)).toEqual(problemsOf(line.replaceAll(/,2001:db8:\d+::\/48/g, "")));
  });
});

test("a host is a gateway of IPv6 by its address, also in the brackets of a URL", () => {
  const given = { gateway: [valueOf(gateway, "10.0.0.1+fd00::1")] };
  expect(["fd00::1", "[fd00::1]", "fd00:0::1", "10.0.0.1", "fd00::2"].map((host) => isGateway(host, given))).toEqual([
    ...[true, true, true, true, false],
  ]);
});
