import { expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import type { Config } from "../../../src/config/model.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import type { NextHop, ObservedRule } from "../../../src/routing/types.ts";
import { ALL_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import { observed, route, RULE } from "../status/model.fixture.ts";
import { configOf as configOfText } from "../config/file/file.fixture.ts";
import { FLAGS } from "./metrics.fixture.ts";

const SURROUNDINGS = { environment: {}, readFile: () => "" };

function configOf(flags: Readonly<Record<string, string>>): Config {
  const parsed = parseConfig(flags, SURROUNDINGS);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const FILE = `
[[gateway]]
name = "sweden"
address = "10.0.0.1"
[[gateway]]
name = "norway"
address = "10.0.0.2"
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
members = [{ gateway = "sweden", weight = 2 }, { gateway = "norway", tier = 2 }]
[[pool]]
name = "rest"
members = [{ gateway = "norway" }]
`;

function setUp(config: Config) {
  const { registry, record } = createMetrics(config);
  return {
    record,
    /** All series of a metric. */
    series: async (name: string): Promise<string[]> =>
      (await registry.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`)),
  };
}

const hop = (gateway: string, weight: number): NextHop => ({ gateway, weight, device: "gw0" });

/** The kernel was read: one managed route, and the rule to its table. */
const read = (table: number, preference: number, ...nexthops: readonly NextHop[]): ServiceEvent =>
  observed([route(nexthops, { table })], [{ ...RULE, table, preference } as ObservedRule]);

test("each gateway has its share of the flows, 0 without any", async () => {
  const { record, series } = setUp(configOf(FLAGS));
  const share = (...values: readonly number[]): string[] =>
    values.map((value, index) => `gateway_share_ratio{gateway_ip="10.0.0.${index + 1}"} ${value}`);
  expect(await series("gateway_share_ratio")).toEqual(share(0, 0, 0));
  record(read(180, 10888, hop("10.0.0.1", 3), hop("10.0.0.3", 1)));
  expect(await series("gateway_share_ratio")).toEqual(share(0.75, 0, 0.25));
  record(read(180, 10888));
  expect(await series("gateway_share_ratio")).toEqual(share(0, 0, 0));
});

test("no gateway has a share without the rule to the table, nor while all packets are diverted", async () => {
  const { record, series } = setUp(configOf(FLAGS));
  const total = async (): Promise<number> =>
    (await series("gateway_share_ratio")).reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
  record(read(180, 10888, hop("10.0.0.1", 1)));
  expect(await total()).toBe(1);
  record(read(180, 1, hop("10.0.0.1", 1)));
  expect(await total()).toBe(0);
  record(read(180, 10888, hop("10.0.0.1", 1)));
  record({ type: "preceded", diversions: [ALL_DIVERTED] });
  expect(await total()).toBe(0);
  record({ type: "preceded", diversions: [SOME_DIVERTED] });
  expect(await total()).toBe(1);
});

test("a gateway of several pools has a share in each", async () => {
  const config = configOfText(FILE);
  const { record, series } = setUp(config);
  for (const { name, table, preference } of config.pools) {
    record({ ...read(table, preference, hop("10.0.0.2", 1)), pool: name } as ServiceEvent);
  }
  expect(await series("gateway_share_ratio")).toEqual([
    'gateway_share_ratio{gateway_ip="10.0.0.1",pool="vpn"} 0',
    'gateway_share_ratio{gateway_ip="10.0.0.2",pool="vpn"} 1',
    'gateway_share_ratio{gateway_ip="10.0.0.2",pool="rest"} 1',
  ]);
});

test("weights and tiers are shown for the pools in which they differ", async () => {
  const { series } = setUp(configOfText(FILE));
  expect(await series("gateway_weight")).toEqual([
    'gateway_weight{gateway_ip="10.0.0.1",pool="vpn"} 2',
    'gateway_weight{gateway_ip="10.0.0.2",pool="vpn"} 1',
  ]);
  expect(await series("gateway_tier")).toEqual([
    'gateway_tier{gateway_ip="10.0.0.1",pool="vpn"} 1',
    'gateway_tier{gateway_ip="10.0.0.2",pool="vpn"} 2',
  ]);
});

test("gateways alike have neither a weight nor a tier", async () => {
  const { series } = setUp(configOf(FLAGS));
  for (const name of ["gateway_weight", "gateway_tier"]) expect(await series(name)).toEqual([]);
  const { series: weighted } = setUp(configOf({ ...FLAGS, gateway: "10.0.0.2,weight=3" }));
  expect(await weighted("gateway_weight")).toEqual(
    [1, 3, 1].map((weight, index) => `gateway_weight{gateway_ip="10.0.0.${index + 1}"} ${weight}`),
  );
});
