import { describe, expect, test } from "bun:test";

import Ajv from "ajv";
import fc from "fast-check";
import { parse } from "smol-toml";

import { configSchema } from "../../../../src/config/file/schema.ts";
import { inFamily } from "../../../../src/config/families.ts";
import { inOrder, orderOf } from "../../../../src/config/pool-order.ts";
import { FAMILIES, type Family } from "../../../../src/net/address.ts";
import { formatCidr, parseCidr } from "../../../../src/net/cidr.ts";
import { ALL_PACKETS } from "../../../../src/routing/selectors.ts";
import { configOf, parseText, problemsOf } from "./file.fixture.ts";

const DUAL = '[[gateway]]\nname = "sweden"\naddress = ["FD00::0010", "192.168.1.10"]\n';
const IPV4 = '[[gateway]]\naddress = "192.168.1.11"\n';
const IPV6 = '[[gateway]]\naddress = "fd00::12"\n';
const BOTH = '[[pool]]\nroutes = ["default", "default6"]\n';

const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true, strictRequired: false }).compile(
  configSchema(),
);

const warningsOf = (text: string): readonly string[] => {
  const parsed = parseText(text);
  return parsed.ok ? parsed.warnings.map(({ detail, remedy }) => `${detail.split("\n")[0]!}; ${remedy}`) : ["faulty"];
};

/** So many gateways of IPv6. */
const many = (count: number): string =>
  Array.from({ length: count }, (_, index) => `[[gateway]]\naddress = "fd00:9::${(index + 1).toString(16)}"\n`).join(
    "",
  );

describe("a gateway of a file", () => {
  test("may have an address of each family, in any order", () => {
    const { gateways, pools } = configOf(`${DUAL}${IPV4}${IPV6}${BOTH}`);
    expect(gateways.map(({ address, address6 }) => [address, address6])).toEqual([
      ["192.168.1.10", "fd00::10"],
      ["192.168.1.11", undefined],
      ["fd00::12", undefined],
    ]);
    expect(pools[0].members).toEqual([
      { gateway: "192.168.1.10", address6: "fd00::10", name: "sweden", weight: 1, tier: 1 },
      { gateway: "192.168.1.11", weight: 1, tier: 1 },
      { gateway: "fd00::12", weight: 1, tier: 1 },
    ]);
  });

  test("is a member by its name, and by either address in any of its forms", () => {
    for (const reference of ["sweden", "192.168.1.10", "fd00::10", "FD00:0::10"]) {
      const { pools } = configOf(`${DUAL}${IPV4}[[pool]]\nmembers = ["${reference}"]\n`);
      expect(pools[0].gateways).toEqual(["192.168.1.10"]);
    }
  });

  test.each([
    ['address = "fd00::10"', true],
    ['address = ["192.168.1.10", "fd00::10"]', true],
    ['address = ["192.168.1.10"]', true],
    ['address = ["fe80::10%lan0"]', true],
    ['start-ip = "fd00::1"\nend-ip = "fd00::3"', true],
    ["address = []", false],
    ['address = "192.168.1.10+fd00::10"', false],
    ['address = "[fd00::10]"', false],
    ['address = ["192.168.1.10", 5]', false],
  ])("with %s is valid by the schema and by the service: %p", (lines, valid) => {
    const text = `[[gateway]]\n${lines}\n${IPV4}${IPV6}[[pool]]\nroutes = ["default", "default6", "2000::/3"]\n`;
    expect(validate(parse(text))).toBe(valid);
    expect(problemsOf(text)).toHaveLength(valid ? 0 : 1);
  });
});

/** What is wrong, the file, and its one problem from the line on. */
const BAD: readonly (readonly [what: string, text: string, problem: string])[] = [
  [
    "two addresses of one family",
    '[[gateway]]\naddress = ["10.0.0.1", "10.0.0.2"]',
    "2:11: [[gateway]] address: more than one is of IPv4, and a gateway has one in each family; write a [[gateway]] for each",
  ],
  ["no address in the list", `${IPV4}[[gateway]]\naddress = []`, "4:11: [[gateway]] address: expected at least one"],
  [
    "a link-local address without its interface",
    `${IPV4}[[gateway]]\naddress = ["10.0.0.1", "fe80::1"]`,
    '4:24: [[gateway]] address "fe80::1": expected a link-local address with its interface, such as fe80::1%eth0: on another one it is another machine\'s',
  ],
  [
    "an address of another gateway",
    `${DUAL}${IPV4}${BOTH}[[gateway]]\naddress = ["192.168.1.12", "fd00::10"]`,
    "9:11: [[gateway]] fd00::10 is already given in line 1; remove one of the two",
  ],
  [
    "a range of two families",
    `${IPV4}[[gateway]]\nstart-ip = "10.0.0.1"\nend-ip = "fd00::1"`,
    "5:10: [[gateway]] start-ip 10.0.0.1 and end-ip fd00::1: one end is of IPv4 and the other of IPv6; give both of one family",
  ],
  [
    "a range of two interfaces",
    `${IPV4}[[gateway]]\nstart-ip = "fe80::1%a"\nend-ip = "fe80::2%b"`,
    "5:10: [[gateway]] start-ip fe80::1%a and end-ip fe80::2%b: the ends are on two interfaces, a and b; give both on one",
  ],
  [
    "a huge range",
    `${IPV4}[[gateway]]\nstart-ip = "fd00::"\nend-ip = "fd00:0:0:1::"`,
    "5:10: [[gateway]]: 18446744073709551617 gateways; 254 is the most",
  ],
  [
    "too many members of IPv6",
    `${many(127)}[[pool]]\nroutes = ["default6"]`,
    "255:1: [[pool]]: 127 members of IPv6, but one group of nexthops holds at most 126 (iproute2 cannot write larger ones); leave some out",
  ],
  [
    "IPv6 without a gateway of it",
    `${IPV4}${BOTH}`,
    '4:10: [[pool]] routes default6: no gateway has an IPv6 address; add one to a gateway, such as address = ["192.168.1.10", "fd00::10"], or remove that destination',
  ],
  [
    "gateways of IPv6 alone in a pool of IPv4",
    `${IPV6}[[pool]]\nname = "a"`,
    '3:1: [[pool]] "a" routes default: no gateway has an IPv4 address; add one to a gateway, such as address = ["192.168.1.10", "fd00::10"], or route IPv6 alone by routes = ["default6"]',
  ],
  [
    "more healthy gateways than a family has",
    `${DUAL}${IPV4}${BOTH}min-healthy = 2`,
    "8:15: [[pool]] min-healthy 2: only 1 gateway has an IPv6 address, and it counts in each family; lower it",
  ],
  [
    "a table without ids for nexthops",
    `${DUAL}${BOTH}table = 65536`,
    "6:9: [[pool]] table 65536: the nexthops of IPv6 have ids by their table, for which 65535 is the last; choose one up to 65535",
  ],
  [
    "a later table without them",
    `[service]\nfirst-routing-table-id = 65535\n${DUAL}${BOTH}name = "a"\nin = ["eth0"]\n${BOTH}name = "b"\n`,
    '10:1: [[pool]] "b" table 65536: the nexthops of IPv6 have ids by their table, for which 65535 is the last; choose one up to 65535',
  ],
  [
    "sources of the other family alone",
    `${DUAL}[[pool]]\nroutes = ["default6"]\nfrom = ["10.0.0.0/8"]`,
    "6:8: [[pool]] from: no network is of IPv6, of which all routes are, so no packet uses this pool; add one, or a route of the other family",
  ],
  [
    "two pools for the same packets of IPv6",
    `${DUAL}${BOTH}name = "a"\n[[pool]]\nname = "b"\nroutes = ["default6"]`,
    "7:1: pools a and b are for the same packets of IPv6, so the second one is never used for these; give one of them other selectors (from, in, mark)",
  ],
  [
    "a pool behind one for all its packets of IPv6",
    `${DUAL}${BOTH}name = "a"\nfrom = ["fd00::/16"]\npreference = 9000\n${BOTH}name = "b"\nfrom = ["fd00:5::/64", "10.0.0.0/8"]\npreference = 9010`,
    "13:14: pool b (preference 9010) comes after pool a (preference 9000), which has all its packets of IPv6; lower the preference of b",
  ],
];

describe("one problem of two families is reported alone, with its place and the remedy", () => {
  test.each(BAD)("%s", (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });
});

describe("pools of both families", () => {
  test("may be two for all packets, each of a family of its own", () => {
    const text = `${DUAL}[[pool]]\nname = "four"\n[[pool]]\nname = "six"\nroutes = ["default6"]\n`;
    expect(problemsOf(text)).toEqual([]);
  });

  test("come in an order in which the more specific one of either family is asked first", () => {
    const pool = (name: string, ...from: readonly string[]) =>
      `${BOTH}name = "${name}"\nfrom = [${from.map((one) => `"${one}"`).join(", ")}]\n`;
    const text = [
      pool("wide", "fd00::/8"),
      `${BOTH}name = "all"\n`,
      pool("host", "fd00:5::1/128", "10.0.0.1/32"),
      pool("lan", "fd00:5::/64", "10.0.0.0/24"),
      pool("lan4", "10.1.0.0/16"),
    ].join("");
    const { pools } = configOf(`${DUAL}${text}`);
    expect(inOrder(pools).map(({ name }) => name!)).toEqual(["host", "lan", "wide", "lan4", "all"]);
  });

  test("are asked before those that have all their packets of a family, whatever else these lack", () => {
    /** Sources of a length, of IPv4, of IPv6 or of both. */
    const one = fc.record({
      length: fc.integer({ min: 8, max: 16 }),
      families: fc.constantFrom<readonly Family[]>([4], [6], [4, 6]),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (all) => {
        const selectors = all.map(({ length, families }) => {
          const texts = families.map((family) => (family === 4 ? `10.0.0.0/${length}` : `fd00::/${length}`));
          return { ...ALL_PACKETS, from: texts.map((text) => parseCidr(text, FAMILIES)!) };
        });
        const order = orderOf(selectors).map((index) => all[index]!);
        expect(order).toHaveLength(all.length);
        for (const [index, { length, families }] of order.entries()) {
          const before = order.slice(0, index).filter((other) => other.families.some((one) => families.includes(one)));
          expect(before.every((other) => other.length >= length)).toBe(true);
        }
      }),
    );
  });

  test.each([
    [["0.0.0.0/0"], ["default"], []],
    [["0.0.0.0/0", "10.0.0.0/8"], ["default"], []],
    [
      ["0.0.0.0/0", "fd00::/8"],
      ["default", "default6"],
      ["0.0.0.0/0", "fd00::/8"],
    ],
    [["::/0", "0.0.0.0/0"], ["default", "default6"], []],
    [["0.0.0.0/0", "10.0.0.0/8"], ["default", "default6"], ["0.0.0.0/0"]],
    [["fd00::/8", "::/0"], ["default6"], []],
  ])("from %j with routes %j have the sources %j", (from, routes, sources) => {
    const text = `${DUAL}[[pool]]\nroutes = ${JSON.stringify(routes)}\nfrom = ${JSON.stringify(from)}\n`;
    expect(configOf(text).pools[0].selectors.from.map(formatCidr)).toEqual([...sources]);
  });

  test("have nothing of IPv6 where their sources are all IPv4, which is a doubt", () => {
    const text = `${DUAL}${BOTH}from = ["10.0.0.0/8"]\n`;
    expect(inFamily(configOf(text).pools[0], 6)).toBeUndefined();
    expect(warningsOf(text)).toEqual([
      "/etc/grm/pools.toml:5: [[pool]] entry of routes default6 has no effect: from has no network of IPv6; add one to from, or remove that destination",
    ]);
  });

  test("warn of addresses that no destination uses", () => {
    expect(warningsOf(`${DUAL}[[pool]]\n`)).toEqual([
      "/etc/grm/pools.toml:4: [[pool]] IPv6 addresses of gateways have no effect: no entry of routes is of IPv6; add default6, as in default,default6, or remove the addresses",
    ]);
    expect(warningsOf(DUAL)).toEqual([
      '/etc/grm/pools.toml:3: IPv6 addresses of gateways have no effect: there is no [[pool]], so only IPv4 is routed; write a [[pool]] with routes = ["default", "default6"]',
    ]);
  });
});

describe("a probe of a file beyond gateways of both families", () => {
  const probed = (...lines: string[]): string => `${DUAL}${BOTH}[probe.beyond]\ntype = "icmp"\n${lines.join("\n")}\n`;
  const positioned = (text: string): readonly string[] => problemsOf(text).map((one) => one.split("\n")[0]!);

  test("has targets of each family, by one form of an address", () => {
    const { probes } = configOf(probed('targets = ["1.1.1.1", "2606:4700:0::1111", "[2620:fe::fe]"]'));
    expect(probes.flatMap((one) => (one.kind === "beyond" ? [...one.targets.keys()] : []))).toEqual([
      "1.1.1.1",
      "2606:4700::1111",
      "2620:fe::fe",
    ]);
  });

  test("needs targets of each family, and enough of them", () => {
    expect(positioned(probed('targets = ["1.1.1.1"]'))).toEqual([
      expect.stringContaining(
        '[probe.beyond] targets: none is of IPv6, so nothing beyond gateways such as fd00::10 is asked; add one, such as "2606:4700:4700::1111"',
      ),
    ]);
    expect(positioned(probed('targets = ["1.1.1.1", "2606:4700::1111", "2606:4700::1"]', "need = 2"))).toEqual([
      expect.stringContaining("[probe.beyond] need 2: there is only 1 target of IPv4; lower it, or add targets"),
    ]);
  });

  test("is not asked for targets of a family by gateways that do not have it", () => {
    expect(positioned(`${probed('targets = ["1.1.1.1"]')}${IPV4}`).length).toBe(1);
    expect(
      positioned(`${IPV4}[[pool]]\nroutes = ["default"]\n[probe.a]\ntype = "icmp"\ntargets = ["1.1.1.1"]\n`),
    ).toEqual([]);
  });

  test("is no target where it is a gateway, in whatever form", () => {
    const text = probed('targets = ["1.1.1.1", "fd00::12", "FD00:0::10"]');
    expect(positioned(text)).toEqual([
      expect.stringContaining('[probe.beyond] targets "fd00::10": it is one of the gateways'),
    ]);
  });
});
