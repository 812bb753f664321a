import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createDrafts } from "../../../src/hooks/hooks.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { BOTH_FAMILIES, NORWAY, SWEDEN } from "../status/families.fixture.ts";

/** Of the two gateways with IPv6, `up` are up. */
const turned = (gateway: string, status: "up" | "down", up: number): ServiceEvent => {
  const counts = { up, down: 2 - up, total: 2 };
  const before = status === "up" ? "down" : "up";
  return {
    type: "gateway",
    gateway,
    before,
    status,
    detail: "timeout",
    ...counts,
    pools: [{ pool: "vpn", ...counts }],
  };
};

const { pools } = configOf(BOTH_FAMILIES);

test("a gateway of a pool of both families is reported by its address, with the counts of the family", () => {
  const drafts = createDrafts(pools);
  expect([turned(SWEDEN[1], "down", 1), turned(SWEDEN[1], "up", 2)].flatMap(drafts)).toEqual([
    {
      ...{ event: "gateway-down", gateway: SWEDEN[1], gatewayName: "sweden", reason: "timeout", pools: ["vpn"] },
      message: `gateway sweden (${SWEDEN[1]}) is down: timeout; 1 of 2 are up in IPv6`,
      ...{ family: "ipv6", up: 1, total: 2 },
    },
    {
      ...{ event: "gateway-up", gateway: SWEDEN[1], gatewayName: "sweden", pools: ["vpn"] },
      message: `gateway sweden (${SWEDEN[1]}) is up; 2 of 2 are up in IPv6`,
      ...{ family: "ipv6", up: 2, total: 2 },
    },
  ]);
});

test("that all gateways of one family are down is reported, and that one is up again, whatever the other family does", () => {
  const drafts = createDrafts(pools);
  const made = [
    turned(SWEDEN[1], "down", 1),
    turned(SWEDEN[0], "down", 1),
    turned(NORWAY[1], "down", 0),
    turned(NORWAY[1], "up", 1),
  ]
    .flatMap(drafts)
    .filter(({ gateway }) => gateway === undefined);
  expect(made).toEqual([
    {
      event: "all-down",
      pool: "vpn",
      message: "pool vpn: IPv6: all gateways are down (2): traffic is rejected (unreachable)",
      family: "ipv6",
      up: 0,
      total: 2,
    },
    {
      ...{ event: "any-up", pool: "vpn", family: "ipv6", up: 1, total: 2 },
      message: "pool vpn: a gateway is up again, after all were down; 1 of 2 are up in IPv6",
    },
  ]);
});

test("a change of tiers and a repair name the family that they are about", () => {
  const drafts = createDrafts(pools);
  const counts = [1, 2].map((tier) => ({ tier, usable: tier - 1, gateways: [`fd00::${tier}`] }));
  const tier = {
    type: "tier",
    family: 6,
    pool: "vpn",
    tier: 2,
    before: 1,
    least: 1,
    shortage: "replace",
    counts,
  } as const;
  const rule = { kind: "lookup", family: 6, preference: 10_888, table: 180 } as const;
  const repaired = { type: "repaired", family: 6, pool: "vpn", entries: [{ object: "rule", rule }] } as const;
  expect([tier, repaired].flatMap(drafts).map(({ family, message }) => [family, message])).toEqual([
    ["ipv6", expect.stringMatching(/^pool vpn: IPv6: all traffic now uses tier 2/)],
    ["ipv6", expect.stringMatching(/^pool vpn: IPv6 rule 10888 to table 180 was removed/)],
  ]);
});

test("the records of each type of a DNS name are reported for themselves", () => {
  const named = `${BOTH_FAMILIES}\n[[ddns]]\nprovider = "dynudns"\nhostname = "gw.example.net"\npassword-file = "/key"\n`;
  const drafts = createDrafts(configOf(named, { secrets: { "/key": "hunter2" } }).pools);
  const trouble = { type: "ddns-trouble", kind: "quota", detail: "full", waitMs: 1, pool: "vpn" } as const;
  const verified = { type: "ddns-verified", addresses: ["2600::1"], retained: [], pool: "vpn" } as const;
  const made = [trouble, { ...trouble, family: 6 } as const, verified, { ...verified, family: 6 } as const].flatMap(
    drafts,
  );
  expect(made.map(({ event, family, message }) => [event, family, message])).toEqual([
    ["ddns-failing", "ipv4", "pool vpn: gw.example.net (A) is not kept up to date: full"],
    ["ddns-failing", "ipv6", "pool vpn: gw.example.net (AAAA) is not kept up to date: full"],
    ["ddns-mended", "ipv4", "pool vpn: the records of gw.example.net (A) are correct again: 2600::1"],
    ["ddns-mended", "ipv6", "pool vpn: the records of gw.example.net (AAAA) are correct again: 2600::1"],
  ]);
});

test("a drained gateway is reported once, and of no family", () => {
  const drafts = createDrafts(pools);
  const made = drafts({ type: "drained", gateway: SWEDEN[0], drained: true, since: 1 });
  expect(made).toMatchObject([{ event: "gateway-drained", gateway: SWEDEN[0], gatewayName: "sweden", total: 3 }]);
  expect(made[0]).not.toHaveProperty("family");
});

test("of a pool that routes one family, no notification names it", () => {
  const alone = configOf(BOTH_FAMILIES.replace('"default", "default6"', '"default6"').replace(', "lte"', ""));
  const drafts = createDrafts(alone.pools);
  const made = [turned(SWEDEN[1], "down", 1), turned(NORWAY[1], "down", 0), turned(SWEDEN[0], "down", 0)].flatMap(
    drafts,
  );
  expect(made.map(({ event, gateway }) => [event, gateway])).toEqual([
    ["gateway-down", SWEDEN[1]],
    ["gateway-down", NORWAY[1]],
    ["all-down", undefined],
  ]);
  expect(made.some((one) => "family" in one)).toBe(false);
  expect(made.at(-1)!.message).toBe("pool vpn: all gateways are down (2): traffic is rejected (unreachable)");
});
