import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Fields, Level } from "../../../src/log/log.ts";
import { FAMILIES } from "../../../src/net/address.ts";
import { type Cidr, parseCidr } from "../../../src/net/cidr.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";
import { dnsName } from "../../fixtures/dns-names.ts";

function setUp() {
  const lines: string[] = [];
  const write = (_: Level, message: string, fields: Fields = {}): void => {
    lines.push(`${message} ${fields["pool"] === undefined ? "" : `[${fields["pool"]}]`}`.trim());
  };
  const record = createServiceLog(Object.assign(write, { writes: () => false }), [
    { name: "vpn", members: [], dnsNames: [] },
    { name: "rest", members: [], dnsNames: [dnsName("rest.example.com")] },
  ]);
  return { lines, record: (...events: readonly ServiceEvent[]) => events.forEach(record) };
}

const DOWN: ServiceEvent = {
  ...{ type: "gateway", gateway: "10.0.0.1", before: "up", status: "down", detail: "timeout after 1s" },
  ...{ up: 2, down: 1, total: 3 },
  pools: [
    { pool: "vpn", up: 1, down: 1, total: 2 },
    { pool: "rest", up: 0, down: 1, total: 1 },
  ],
};

test("a gateway that pools share is logged once, with the counts of each pool", () => {
  const { lines, record } = setUp();
  record(DOWN);
  expect(lines).toEqual(["gateway 10.0.0.1 down: timeout after 1s (vpn: 1 of 2 healthy, rest: 0 of 1 healthy)"]);
});

test("what a pool decides about a gateway is logged with the name of the pool", () => {
  const { lines, record } = setUp();
  record({ type: "held", gateway: "10.0.0.1", waitMs: 10_000, losses: 2, pool: "rest" });
  expect(lines).toEqual(["pool rest: gateway 10.0.0.1 flaps: lost 2 times in a short time; not used for 10s [rest]"]);
});

test("a public address is logged once, and what happens to a DNS name with its pool", () => {
  const { lines, record } = setUp();
  record({ type: "public-ip-changed", gateway: "10.0.0.1", from: undefined, to: "1.0.0.1" });
  record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [], pool: "rest" });
  expect(lines).toEqual([
    "gateway 10.0.0.1 has the public address 1.0.0.1",
    "pool rest: ddns: rest.example.com resolves to 1.0.0.1 [rest]",
  ]);
});

describe("a pool that routes both families", () => {
  const route = ["0.0.0.0/0", "::/0"].map((text) => parseCidr(text, FAMILIES)!);
  const troubled: ServiceEvent = { type: "trouble", error: { code: "ip", detail: "ip hangs" }, waitMs: 50 };
  const linesOf = (routed: readonly Cidr[], ...events: readonly ServiceEvent[]): string[] => {
    const lines: string[] = [];
    const write = (level: Level, message: string): void => void lines.push(`${level}: ${message}`);
    const log = Object.assign(write, { writes: () => false });
    events.forEach(createServiceLog(log, [{ members: [], route: routed, dnsNames: [] }]));
    return lines;
  };

  test("has lines about IPv6 that say so, where the family decides what begins and ends", () => {
    expect(linesOf(route, { ...troubled, family: 6 }, { type: "settled" }, { type: "settled", family: 6 })).toEqual([
      "error: IPv6: ip hangs; next try in 50ms",
      "info: IPv6: the kernel holds what it should again",
    ]);
  });

  test("has lines about IPv4 that say so as well, but for those that name a gateway", () => {
    const shortage = { least: 2, policy: "all", healthy: 1, total: 2 } as const;
    const fault = { code: "unreachable", detail: "no network of this machine has its address" } as never;
    const lines = linesOf(
      route,
      troubled,
      { type: "selection", held: [], kept: [], shortage },
      { type: "unusable", family: 6, gateways: ["fd00::1"], fault, count: 1 },
      { type: "held", family: 6, gateway: "fd00::1", waitMs: 1000, losses: 3 },
      { ...DOWN, gateway: "fd00::1", pools: [] } as ServiceEvent,
    );
    expect(lines).toEqual([
      "error: IPv4: ip hangs; next try in 50ms",
      "warn: IPv4: fewer than 2 of 2 gateways are healthy (-min-healthy): all are used, healthy or not",
      "warn: IPv6: left out as nexthop: fd00::1: no network of this machine has its address; used again as soon as that is over",
      "warn: gateway fd00::1 flaps: lost 3 times in a short time; not used for 1s",
      "warn: gateway fd00::1 down: timeout after 1s (2 of 3 healthy)",
    ]);
  });

  test("has the family of an entry in its own words", () => {
    const rule = { kind: "lookup", family: 6, preference: 10_888, table: 180 } as const;
    expect(linesOf(route, { type: "repaired", entries: [{ object: "rule", rule }], family: 6 })).toEqual([
      "warn: IPv6 rule 10888 to table 180 was removed or altered by another program; restored",
    ]);
  });

  test("of IPv6 alone has nothing to tell apart", () => {
    expect(linesOf(route.slice(1), { ...troubled, family: 6 })).toEqual(["error: ip hangs; next try in 50ms"]);
  });
});

test("the fault of a link explains why a gateway of several pools is down", () => {
  const { lines, record } = setUp();
  const fault = { code: "no-carrier", detail: "has no carrier" } as const;
  record({ type: "link-fault", device: "eth0", fault, gateways: ["10.0.0.1"] }, DOWN);
  expect(lines[0]).toStartWith("gateway 10.0.0.1 down: eth0 has no carrier (");
});
