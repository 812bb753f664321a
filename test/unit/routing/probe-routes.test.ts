import { describe, expect, test } from "bun:test";

import { probeEntries } from "../../../src/routing/probe-routes.ts";
import { isProbeRule, isProbeTable, markOf, probeBaseOf } from "../../../src/routing/probe-tables.ts";
import { parseCidr, parseHost } from "../../../src/net/cidr.ts";
import type { Rule } from "../../../src/routing/types.ts";
import { GATEWAYS, PROBES, probeState } from "./probes.fixture.ts";

describe("entries for probes", () => {
  test("are one rule and two routes for each gateway, and two rules for all", () => {
    const { rules, routes } = probeState();
    expect(rules.map(({ kind, preference }) => [kind, preference])).toEqual([
      ["stray", 102],
      ["unmarked", 100],
      ["mark", 101],
      ["mark", 101],
      ["mark", 101],
    ]);
    expect(routes.map(({ table, type, nexthops }) => [table, type, nexthops[0]?.gateway])).toEqual([
      [18001, "unreachable", undefined],
      [18001, "unicast", "10.0.0.11"],
      [18002, "unreachable", undefined],
      [18002, "unicast", "10.0.0.12"],
      [18003, "unreachable", undefined],
      [18003, "unicast", "10.0.0.13"],
    ]);
  });

  test.each([
    ["to which no interface leads", ["10.0.0.11", "10.0.0.13"], []],
    ["that cannot be a nexthop", GATEWAYS, ["10.0.0.12"]],
  ])("have only the route that rejects for a gateway %s", (_, reachable, unusable) => {
    const fault = { code: "rejected", detail: "" } as const;
    const { rules, routes } = probeEntries(PROBES, GATEWAYS, {
      devices: new Map(reachable.map((gateway) => [gateway, "eth0"])),
      unusable: unusable.map((gateway) => ({ gateway, fault })),
      links: [],
    });
    expect(rules).toEqual(probeState().rules);
    expect(routes.filter(({ table }) => table === 18002).map(({ type }) => type)).toEqual(["unreachable"]);
    expect(routes.filter(({ type }) => type === "unicast")).toHaveLength(2);
  });

  test("are the same in IPv6, by its own metrics, and let no answers in", () => {
    const gateways = ["fd00::a", "fe80::b%eth0"];
    const { rules, routes } = probeState(gateways, PROBES, "eth0", [parseHost("2001:db8::1")!], 6);
    expect(rules).toEqual(
      probeState(gateways.map(() => "10.0.0.11")).rules.map((rule) => ({ ...rule, family: 6 as const })),
    );
    expect(routes.map(({ family, table, type, metric, nexthops }) => [family, table, type, metric, nexthops])).toEqual([
      [6, 18001, "unreachable", 4294967294, []],
      [6, 18001, "unicast", 1024, [{ gateway: "fd00::a", device: "eth0", weight: 1 }]],
      [6, 18002, "unreachable", 4294967294, []],
      [6, 18002, "unicast", 1024, [{ gateway: "fe80::b%eth0", device: "eth0", weight: 1 }]],
    ]);
  });

  test("have the mark and the table of a gateway by its place in the range", () => {
    expect(probeState().rules.slice(2)).toMatchObject(
      GATEWAYS.map((_, index) => ({ mark: markOf(PROBES, index), table: 18001 + index })),
    );
    expect(markOf(PROBES, 0)).toBe(0xad000001);
    expect(markOf({ ...PROBES, mark: 0xff000000 }, 159)).toBe(0xff0000a0);
  });

  test("are known by their preference, whatever their marks and tables", () => {
    const tables = { preference: 300, table: 5, mark: 0x01000000 };
    const own = probeState(GATEWAYS, tables, "eth0", [parseCidr("1.1.1.1/32")!]).rules;
    expect(own.at(-1)).toMatchObject({ kind: "answer", table: 259 });
    expect(own.map(probeBaseOf)).toEqual(own.map(() => 300));
    expect(own.every((rule) => isProbeRule(rule, 300) && !isProbeRule(rule, 301))).toBe(true);
    const others: Rule[] = [
      { kind: "nop", family: 4, preference: 302 },
      { kind: "lookup", family: 4, preference: 301, table: 5 },
    ];
    expect(others.map(probeBaseOf)).toEqual([undefined, undefined]);
  });

  test("are in 255 tables at most", () => {
    expect([18000, 18001, 18255, 18256].map((table) => isProbeTable(table, PROBES))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
