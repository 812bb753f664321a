import { expect } from "bun:test";

import fc from "fast-check";

import { FAMILIES, parseAddress } from "../../src/net/address.ts";
import { readMonitorLine } from "../../src/routing/iproute2/monitor-line.ts";
import { parseInterfaces } from "../../src/routing/iproute2/addresses.ts";
import { parseObserved } from "../../src/routing/iproute2/observed.ts";
import { parseRoutes } from "../../src/routing/iproute2/routes.ts";
import { rulesAmong } from "../../src/routing/iproute2/rules.ts";
import { IpError } from "../../src/routing/iproute2/error.ts";
import { parseAnswer, parseNeighbours } from "../../src/routing/iproute2/inspect.ts";
import { parsePolicyRules, ruleText } from "../../src/routing/iproute2/policy-rules.ts";
import type { Cidr } from "../../src/net/cidr.ts";
import { readIpRelease } from "../../src/routing/iproute2/release.ts";
import { lookUpRules } from "../../src/routing/rule-lookup.ts";
import { anyText, anyValue, bent, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";
const parseRules = (json: string) => rulesAmong(parsePolicyRules(json));

const address = fc.constantFrom("10.0.0.11", "10.0.0.12", "0.0.0.0", "255.255.255.255", "fe80::1");
const number = (...some: number[]) => fc.constantFrom(...some);
const optional = { requiredKeys: [] as never[] };

const route = fc.record(
  {
    type: fc.constantFrom("1", "2", "9", "7", "throw", "99"),
    dst: fc.constantFrom("default", "9.9.9.9", "10.0.0.0/24", "10.0.0.0/33", "anycast"),
    gateway: address,
    via: fc.constant({ family: "inet6", host: "fe80::1" }),
    dev: fc.constantFrom("eth0", "lo"),
    tos: fc.constant("0x10"),
    metric: number(0, 100, 4294967295),
    protocol: fc.constantFrom("173", "4", "kernel"),
    table: fc.constantFrom("180", "254", "main"),
    nexthops: fc.array(fc.record({ gateway: address, dev: fc.constant("eth0"), weight: number(1, 2, 256) }), {
      maxLength: 3,
    }),
  },
  optional,
);
const rule = fc.record(
  {
    priority: number(0, 10888, 32766, 4294967295),
    src: fc.constantFrom("all", "10.0.0.0"),
    srclen: number(8, 32),
    dst: address,
    fwmark: fc.constant("0x1"),
    iif: fc.constantFrom("eth0", "lo"),
    ipproto: fc.constant("ipproto-6"),
    dport: number(80),
    sport_start: number(1),
    sport_end: number(20),
    table: fc.constantFrom("180", "254", "main"),
    suppress_prefixlen: number(0, 32),
    goto: number(32766, 0),
    action: fc.constantFrom("7", "blackhole"),
    not: fc.constant(null),
    protocol: fc.constantFrom("173", "2"),
  },
  optional,
);
const link = fc.record({
  ifname: fc.constant("eth0"),
  addr_info: fc.array(
    fc.record(
      { family: fc.constantFrom("inet", "inet6"), local: address, address, prefixlen: number(0, 8, 24, 32) },
      optional,
    ),
    { maxLength: 3 },
  ),
});

/** Lists as `ip -j` prints them, with changes in their values, in their text, or in both. */
function listOf(entry: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const json = bent(fc.array(entry, { maxLength: 4 })).map((list) => JSON.stringify(list));
  return fc.oneof(
    { weight: 4, arbitrary: json },
    { weight: 2, arbitrary: mutated(json) },
    { weight: 1, arbitrary: fc.array(anyValue).map((list) => JSON.stringify(list)) },
    { weight: 1, arbitrary: anyText },
  );
}

/** What a parser gives; undefined where it throws the error for output that iproute2 never prints. */
function unlessUnreadable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    expect(error).toBeInstanceOf(IpError);
    expect((error as IpError).code).toBe("unreadable");
    return undefined;
  }
}

const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
const isWord = (value: unknown): boolean => typeof value === "string" && /^[^\s/\x00-\x1f\x7f]+$/.test(value);
const isTable = (value: unknown): boolean => isWhole(value, 0, 2 ** 32 - 1);

function expectNetwork({ address: { family, bits }, prefix }: Cidr): void {
  expect([family, isWhole(bits, 0, 2 ** 32 - 1), isWhole(prefix, 0, 32)]).toEqual([4, true, true]);
  expect((bits as number) % 2 ** (32 - prefix)).toBe(0);
}

function expectRoutes(routes: ReturnType<typeof parseRoutes>): void {
  for (const one of routes) {
    expectNetwork(one.destination);
    expect([isWord(one.type), isWhole(one.metric, 0, 2 ** 32 - 1), isWhole(one.protocol, 0, 255)]).toEqual([
      true,
      true,
      true,
    ]);
    if (one.table !== undefined) expect(isTable(one.table)).toBe(true);
    for (const { gateway, weight, device } of one.nexthops) {
      expect(gateway === "" || parseAddress(gateway) !== undefined).toBe(true);
      expect(isWhole(weight, 1, 256)).toBe(true);
      if (device !== undefined) expect(isWord(device)).toBe(true);
    }
  }
}

function expectRules(rules: ReturnType<typeof parseRules>): void {
  for (const rule of rules) {
    expect([isTable(rule.preference), isWhole(rule.protocol, 0, 255)]).toEqual([true, true]);
    if (rule.kind === "lookup") expect(isTable(rule.table)).toBe(true);
    if (rule.kind === "goto") expect(isTable(rule.target)).toBe(true);
    if (rule.kind === "reject") expect(["unreachable", "prohibit", "blackhole"]).toContain(rule.how);
    if ("to" in rule) expectNetwork(rule.to);
  }
}

const MANY = { runs: 500 };

fuzz(
  "ip: parsed routes are complete and valid, or parsing fails",
  listOf(route),
  (text) => {
    expectRoutes(unlessUnreadable(() => parseRoutes(text)) ?? []);
  },
  MANY,
);

fuzz(
  "ip: parsed rules are complete and valid, or parsing fails",
  listOf(rule),
  (text) => {
    expectRules(unlessUnreadable(() => parseRules(text)) ?? []);
  },
  MANY,
);

fuzz(
  "ip: parsed addresses and connected networks are valid, or parsing fails",
  listOf(link),
  (text) => {
    const read = unlessUnreadable(() => parseInterfaces(text));
    for (const network of read?.connected ?? []) expectNetwork(network);
    for (const one of read?.addresses ?? []) expect(parseAddress(one)).toBeDefined();
    for (const { name } of read?.skipped ?? []) expect(name).toMatch(/^[^\x00-\x1f\x7f-\x9f]*$/);
  },
  MANY,
);

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];
const answer = fc.record(
  {
    dst: address,
    gateway: address,
    dev: fc.constant("eth0"),
    table: fc.constantFrom("180", "254"),
    type: fc.constantFrom("1", "2"),
  },
  optional,
);

fuzz(
  "ip: the observed state has unusable gateways among the configured ones alone, each with a reason",
  fc.tuple(listOf(route), listOf(rule), listOf(link), fc.array(listOf(answer), { maxLength: 3 })),
  ([routes, rules, links, answers]) => {
    const observed = unlessUnreadable(
      () => parseObserved([routes, rules, links, ...answers], [{ table: 180, gateways: GATEWAYS }])[0]!,
    );
    if (!observed) return;
    expectRoutes(observed.routes as ReturnType<typeof parseRoutes>);
    for (const { gateway, fault } of observed.unusable) {
      expect(GATEWAYS).toContain(gateway);
      expect(fault.detail).toMatch(/^[^\x00-\x1f\x7f]{5,200}$/);
    }
    for (const [gateway, device] of observed.devices) {
      expect(parseAddress(gateway)).toBeDefined();
      expect(isWord(device)).toBe(true);
    }
  },
  MANY,
);

const neighbour = fc.record(
  {
    dst: address,
    dev: fc.constant("eth0"),
    state: fc.constantFrom(["FAILED"], ["REACHABLE"], ["STALE", "PROBE"], []),
  },
  optional,
);

fuzz(
  "ip: parsed neighbours and route look-ups are valid, or parsing fails",
  fc.tuple(listOf(neighbour), listOf(answer)),
  ([neighbours, answers]) => {
    for (const one of unlessUnreadable(() => parseNeighbours(neighbours))?.keys() ?? []) {
      expect(parseAddress(one, FAMILIES)).toBeDefined();
    }
    const found = unlessUnreadable(() => parseAnswer(answers));
    if (!found) return;
    expect([isWord(found.type), isWord(found.table)]).toEqual([true, true]);
    if (found.gateway !== undefined) expect(parseAddress(found.gateway)).toBeDefined();
    if (found.device !== undefined) expect(isWord(found.device)).toBe(true);
  },
  MANY,
);

const packet = { to: "8.8.8.8", from: "10.1.2.3", iif: "eth0", protocol: 6, sport: 1, dport: 80, uid: 0 };

fuzz(
  "ip: foreign rules are printed in one line each, and a look-up visits each of them once at most",
  fc.tuple(listOf(rule), listOf(route)),
  ([rules, routes]) => {
    const policies = unlessUnreadable(() => parsePolicyRules(rules)) ?? [];
    for (const policy of policies) {
      expect(ruleText(policy)).toMatch(/^\d+: [^\x00-\x1f\x7f-\x9f]*$/);
      const { action } = policy;
      if (action.kind === "lookup") expect(isTable(action.table)).toBe(true);
      if (action.kind === "goto") expect(isTable(action.preference)).toBe(true);
    }
    const steps = lookUpRules(policies, unlessUnreadable(() => parseRoutes(routes)) ?? [], packet);
    expect(steps.length).toBeLessThanOrEqual(policies.length);
  },
  MANY,
);

const LINES = [
  "[ROUTE]default table 180 proto 173",
  "[ROUTE]Deleted 9.9.9.9 via 10.0.0.1 dev eth0 table 180",
  "[RULE]10888: from all lookup 180 proto 173",
  "[LINK]2: eth0: <BROADCAST> mtu 1500",
  "[ADDR]2: eth0 inet 10.0.0.1/24",
  "netlink receive error No buffer space available (105)",
] as const;

fuzz(
  "ip: any line of ip monitor is a known event or none",
  fc.oneof(mutated(fc.constantFrom(...LINES)), anyText),
  (line) => {
    const event = readMonitorLine(line);
    expect([undefined, "rule", "route", "link", "overflow"]).toContain(event?.kind);
    if (event?.kind === "route" && event.table !== undefined) expect(Number.isInteger(event.table)).toBe(true);
  },
  MANY,
);

const RELEASES = [
  "ip utility, iproute2-6.1.0, libbpf 1.1.0",
  "ip utility, iproute2-ss191125",
  "BusyBox v1.36",
  "ip utility, iproute2-5.14.0",
] as const;

fuzz(
  "ip: any version text is a supported release or none",
  fc.oneof(mutated(fc.constantFrom(...RELEASES)), anyText),
  (text) => {
    const release = readIpRelease(text);
    if (release === undefined) return;
    expect(release.name).toMatch(/^[\w.-]+$/);
    expect([99, 511]).toContain(release.mostWords);
  },
  MANY,
);
