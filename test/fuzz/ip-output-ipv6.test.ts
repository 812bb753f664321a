import { expect } from "bun:test";

import fc from "fast-check";

import { FAMILIES, formatAddress, numberOf, parseAddress } from "../../src/net/address.ts";
import { type Cidr, formatCidr, networkOf, parseCidr } from "../../src/net/cidr.ts";
import { parseInterfaces } from "../../src/routing/iproute2/addresses.ts";
import { IpError } from "../../src/routing/iproute2/error.ts";
import { parsePaths } from "../../src/routing/iproute2/gateway-paths.ts";
import { readMonitorLine } from "../../src/routing/iproute2/monitor-line.ts";
import { parseMarkedNexthops, parseNexthops } from "../../src/routing/iproute2/nexthops.ts";
import { parseOrigins } from "../../src/routing/iproute2/origins.ts";
import { parseRoutes } from "../../src/routing/iproute2/routes.ts";
import { anyText, anyValue, bent, like, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const address = fc.constantFrom(
  "fd00:77::10",
  "fe80::1",
  "::",
  "::ffff:1.2.3.4",
  "10.0.0.1",
  "fe80::1%eth0",
  "::1.2.3.4",
);
const device = fc.constantFrom("eth0", "lo", "a%b", 'a"b', "..", "a b");
const optional = { requiredKeys: [] as never[] };
const id = fc.constantFrom(7, 173046080, 173046081, 173046335, 4294967295);

const nexthop = fc.record(
  {
    id,
    gateway: address,
    dev: device,
    protocol: fc.constantFrom("173", "196", "zebra"),
    group: fc.array(fc.record({ id, weight: fc.constantFrom(1, 3) }, { requiredKeys: ["id"] }), { maxLength: 3 }),
    type: fc.constant("resilient"),
    blackhole: fc.constant(null),
  },
  optional,
);
const route = fc.record(
  {
    type: fc.constantFrom("1", "7", "9", "99"),
    dst: fc.constantFrom("default", "2001:db8::/32", "2001:db8::1", "::/129", "10.0.0.0/8", "anycast"),
    gateway: address,
    dev: device,
    nhid: id,
    metric: fc.constantFrom(0, 1024, 4294967294),
    protocol: fc.constantFrom("173", "9", "ra"),
    nexthops: fc.array(fc.record({ gateway: address, dev: device, weight: fc.constantFrom(1, 256) }), { maxLength: 3 }),
  },
  optional,
);
const info = fc.record(
  { family: fc.constantFrom("inet", "inet6"), local: address, address, prefixlen: fc.constantFrom(0, 64, 128, 129) },
  optional,
);
const link = fc.record({ ifname: device, addr_info: fc.array(info, { maxLength: 3 }) });

/** Lists as `ip -j` prints them, with changes in their values, in their text, or in both. */
function listOf(entry: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const json = bent(fc.array(entry, { maxLength: 4 })).map((list) => JSON.stringify(list));
  const any = fc.oneof(
    fc.array(anyValue).map((list) => JSON.stringify(list)),
    anyText,
  );
  return fc.oneof(
    { weight: 4, arbitrary: json },
    { weight: 2, arbitrary: mutated(json) },
    { weight: 1, arbitrary: any },
  );
}

/** What a parser gives; undefined where it throws the error for output that iproute2 never prints. */
function unlessUnreadable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    expect((error as IpError).code).toBe("unreadable");
    return undefined;
  }
}

/** Whether a text is an IPv6 address in its one form. */
function expectAddress(text: string): void {
  const parsed = parseAddress(text, [6]);
  expect(parsed && formatAddress(parsed)).toBe(text);
}

function expectNetwork(network: Cidr): void {
  expect(networkOf(network.address, network.prefix)).toEqual(network);
  expect(parseCidr(formatCidr(network), [6])).toEqual(network);
}

const MANY = { runs: 500 };

fuzz(
  "ip: parsed nexthop objects have ids of ours and gateways in their one form, or parsing fails",
  listOf(nexthop),
  (text) => {
    const all = unlessUnreadable(() => [...parseNexthops(text, 180), ...parseMarkedNexthops(text)]) ?? [];
    for (const one of all) {
      expect(one.id >= 173_000_000 && one.id <= 189_777_215).toBe(true);
      if (one.kind === "slot") expectAddress(one.gateway);
      if (one.kind === "group") expect(one.members.every(Number.isSafeInteger)).toBe(true);
    }
  },
  MANY,
);

fuzz(
  "ip: parsed routes of IPv6 are complete and valid, or parsing fails",
  listOf(route),
  (text) => {
    for (const { destination, nexthops, type, nexthopId = 0 } of unlessUnreadable(() => parseRoutes(text, 180, 6)) ??
      []) {
      expectNetwork(destination);
      expect(Number.isSafeInteger(nexthopId)).toBe(true);
      if (type === "on-link") expect(nexthops[0]?.gateway).toBe("");
      else if (type !== "unicast") expect(nexthops).toEqual([]);
      for (const { gateway } of nexthops) if (gateway !== "") expectAddress(gateway);
    }
  },
  MANY,
);

fuzz(
  "ip: parsed addresses and networks of IPv6 are valid, or parsing fails",
  listOf(link),
  (text) => {
    const read = unlessUnreadable(() => parseInterfaces(text, 6));
    read?.connected.forEach(expectNetwork);
    read?.addresses.forEach(expectAddress);
  },
  MANY,
);

fuzz(
  "ip: interfaces with addresses and routes from advertisements are those that were listed, or parsing fails",
  fc.tuple(listOf(link), listOf(route)),
  ([links, routes]) => {
    const origins = unlessUnreadable(() => parseOrigins([links, routes]));
    const names = origins === undefined ? [] : Object.values(origins).flatMap((some) => [...some]);
    expect(names.filter((name) => name === "" || /[\s\x00-\x1f/]/.test(name))).toEqual([]);
  },
  MANY,
);

fuzz(
  "ip: paths to gateways of IPv6 are to those that were asked for, or parsing fails",
  listOf(fc.record({ dst: address, dev: device, gateway: address, type: fc.constantFrom("1", "2") }, optional)),
  (text) => {
    const gateways = ["fd00:77::10", "fe80::1%eth0"];
    const paths = unlessUnreadable(() => parsePaths(gateways, [text], [180]));
    const found = [...(paths?.devices.keys() ?? []), ...(paths?.unusable ?? []).map(({ gateway }) => gateway)];
    expect(found.filter((one) => !gateways.includes(one))).toEqual([]);
  },
  MANY,
);

fuzz(
  "ip: a line of the monitor about IPv6 has a valid network, or none",
  like(
    "[ROUTE]2001:db8::/32 dev lo table 180 proto 173 metric 1024 pref medium",
    "[ROUTE]default nhid 7 table 180 pref medium",
    "[ADDR]3: v0    inet6 fd00:79::1/64 scope 0",
    "[NEXTHOP]id 173046081 via fd00:77::10 dev v0 scope 253 proto 173",
  ),
  (line) => {
    const event = readMonitorLine(line);
    const network = event?.kind === "route" ? event.destination : event?.kind === "link" ? event.network : undefined;
    if (network) expect(parseCidr(formatCidr(network), FAMILIES)).toEqual(network);
    if (event?.kind === "nexthop") expect(event.table >= 0 && event.table <= 65_535).toBe(true);
  },
  MANY,
);

fuzz(
  "values: an IPv6 address is the same after it was written and read",
  like("fd00:77::10", "::", "::ffff:1.2.3.4", "fe80::10%lan0", "2001:db8:0:0:1:0:0:1"),
  (text) => {
    const parsed = parseAddress(text, FAMILIES);
    if (parsed === undefined) return;
    expect(parseAddress(formatAddress(parsed), FAMILIES)).toEqual(parsed);
    expect(numberOf(parsed) < 1n << 128n).toBe(true);
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
  },
  MANY,
);
