import { expect, test } from "bun:test";

import { familiesOf, handledFamilies, inFamily, sideOf, sidesOf } from "../../../src/config/families.ts";
import type { PoolConfig } from "../../../src/config/model.ts";
import { parseArguments } from "../../../src/config/arguments.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { configOf, problemsOf } from "./file/file.fixture.ts";

function judge(line: string): ParsedConfig {
  const words = ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", ...line.split(" ").filter(Boolean)];
  const { values, problems } = parseArguments(words);
  expect(problems).toEqual([]);
  return parseConfig(values, { environment: {}, readFile: () => "" });
}

const CLOSED = "-block-ipv6 -when-no-gateways unreachable";
const FILE = '[[gateway]]\naddress = "10.0.0.1"\n[[pool]]\nwhen-no-gateways = "prohibit"\nblock-ipv6 = true\n';

const poolOf = (line: string): PoolConfig => {
  const parsed = judge(line);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config.pools[0];
};

const handledBy = (pool: PoolConfig) => handledFamilies({ pools: [pool] });

test("a pool that blocks IPv6 has all of it without any gateway, and its exclusions", () => {
  const pool = poolOf(`${CLOSED} -exclude-cidr 9.9.9.9/32,2001:db8:1::/48 -min-healthy 2`);
  expect([sidesOf(pool).map(({ family }) => family), familiesOf(pool), inFamily(pool, 6)]).toEqual([
    [4, 6],
    [4],
    undefined,
  ]);
  const { gateways, members, route, excludeCidr, minHealthy } = sideOf(pool, 6)!;
  expect([gateways, members, minHealthy]).toEqual([[], [], 0]);
  expect([route, excludeCidr].map((all) => all.map(formatCidr))).toEqual([["::/0"], ["2001:db8:1::/48"]]);
  expect(inFamily(pool, 4)).toMatchObject({ gateways: ["10.0.0.1", "10.0.0.2"], minHealthy: 2 });
});

test("the DNS name of a pool that blocks IPv6 is kept in IPv4 alone, as AAAA records are not its own", () => {
  const pool = poolOf(`${CLOSED} -ddns-provider dynudns -ddns-hostname gw.example.com -ddns-password key`);
  expect(sidesOf(pool).map((side) => side.pool.dnsNames.length)).toEqual([1, 0]);
});

test("a pool that does not block IPv6 has none of it", () => {
  expect(handledBy(poolOf("-when-no-gateways unreachable"))).toEqual([4]);
});

test.each(["unreachable", "prohibit", "blackhole"])("IPv6 can be blocked with -when-no-gateways %s", (mode) => {
  expect(handledBy(poolOf(`-block-ipv6 -when-no-gateways ${mode}`))).toEqual([4, 6]);
});

test("all of IPv4 may be routed by its halves", () => {
  expect(handledBy(poolOf(`${CLOSED} -route 0.0.0.0/1,128.0.0.0/1`))).toEqual([4, 6]);
});

test.each([
  [
    "-block-ipv6",
    "-block-ipv6: -when-no-gateways fall-through rejects no packets of IPv4 either; set it to unreachable, prohibit or blackhole, or remove -block-ipv6",
  ],
  ["-block-ipv6 -when-no-gateways keep", "-block-ipv6: -when-no-gateways keep rejects no packets"],
  [
    `${CLOSED} -route 8.0.0.0/8`,
    "-block-ipv6: -route has not all of IPv4, and only then all of IPv6 is rejected; add default, or remove -block-ipv6",
  ],
  [
    `${CLOSED} -gateway fd00::1 -route default,default6`,
    "-block-ipv6: -route default6 routes IPv6, so -when-no-gateways decides about it; remove one of the two",
  ],
])("%s is an error that says why", (line, problem) => {
  const parsed = judge(line);
  expect(parsed.ok ? [] : parsed.problems).toEqual([expect.stringContaining(problem)]);
});

test("too many exclusions of IPv6 are as many as of IPv4", () => {
  const excluded = Array.from({ length: 2001 }, (_, index) => `2001:db9:${index.toString(16)}::/64`);
  const parsed = judge(`${CLOSED} -exclude-cidr ${excluded.join()}`);
  expect(parsed.ok ? [] : parsed.problems).toEqual([expect.stringContaining("2001 networks")]);
});

test.each([
  ["", ["::/0 from "]],
  ['in = ["lan0"]', ["::/0 from "]],
  ['from = ["10.1.0.0/16", "fd00:1::/64"]', ["::/0 from fd00:1::/64"]],
  ['from = ["0.0.0.0/0", "fd00:1::/64"]', ["::/0 from fd00:1::/64"]],
  ['from = ["10.1.0.0/16", "::/0"]', ["::/0 from "]],
])("in a file, the sources of IPv6 are those that are blocked: %s", (selectors, blocked) => {
  const pool = sideOf(configOf(`${FILE}${selectors}`).pools[0], 6)!;
  expect(pool.route.map((one) => `${formatCidr(one)} from ${pool.selectors.from.map(formatCidr).join()}`)).toEqual(
    blocked,
  );
});

test("in a file, sources of IPv4 alone leave nothing of IPv6 to block", () => {
  expect(problemsOf(`${FILE}from = ["10.1.0.0/16"]`)).toEqual([
    "5:14: [[pool]] block-ipv6: from has no network of IPv6, so no packet of IPv6 uses this pool; add one, such as ::/0, or remove block-ipv6",
  ]);
});

test("two pools cannot have the same packets of IPv6, whether they route or block them", () => {
  const [gateway, pool] = FILE.split(/(?=\[\[pool)/) as [string, string];
  const two = ["10.1.0.0/16", "10.2.0.0/16"].map(
    (from, index) => `${pool}name = "p${index}"\nfrom = ["${from}", "::/0"]\n`,
  );
  expect(problemsOf([gateway, ...two].join(""))).toEqual([expect.stringMatching(/the same packets of IPv6/)]);
});
