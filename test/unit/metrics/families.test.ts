import { expect, test } from "bun:test";

import { type Config } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { METRICS } from "../../../src/metrics/table.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { BOTH_FAMILIES, LTE, NORWAY, observed4, observed6, SWEDEN } from "../status/families.fixture.ts";
import { failure, success } from "./metrics.fixture.ts";

function setUp(config: Config) {
  const metrics = createMetrics(config);
  return {
    record: (...events: readonly ServiceEvent[]) => events.forEach((event) => metrics.record(event)),
    reload: (changed: Config) => metrics.reload(changed),
    /** The series of a metric, without buckets. */
    series: async (name: string): Promise<string[]> => {
      const lines = (await metrics.registry.metrics()).split("\n");
      return lines.filter((line) => new RegExp(`^${name}(_sum|_count)?[{ ]`).test(line));
    },
  };
}

const both = (file = BOTH_FAMILIES) => setUp(configOf(file));

function fromFlags(flags: Readonly<Record<string, string>>): Config {
  const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const turned = (gateway: string, up: number): ServiceEvent => {
  const counts = { up, down: 0, total: 3 };
  return {
    type: "gateway",
    gateway,
    before: "up",
    status: "down",
    detail: "",
    ...counts,
    pools: [{ pool: "vpn", ...counts }],
  };
};

test("where both families are routed, what differs by family has a label for it, and nothing else has", async () => {
  const { series, record } = both();
  for (const family of [{}, { family: 6 as const }]) {
    record({ type: "cycle", seconds: 1, up: 1, pool: "vpn", ...family });
    record({ type: "applied", changes: [], seconds: 1, error: undefined, pool: "vpn", ...family });
  }
  record({ type: "probe", gateway: SWEDEN[1], result: success, failures: 0 }, { type: "ip-run", ok: true });
  for (const { name, ofFamily } of METRICS) {
    for (const line of await series(name)) expect([line, /family="ipv[46]"/.test(line)]).toEqual([line, ofFamily]);
  }
  expect(await series("check_cycles_total")).toEqual([
    'check_cycles_total{pool="vpn",family="ipv4"} 1',
    'check_cycles_total{pool="vpn",family="ipv6"} 1',
  ]);
});

test("each family counts its own gateways, from the start on", async () => {
  const { series, record } = both();
  expect(await series("gateway_total_count")).toEqual([
    'gateway_total_count{pool="vpn",family="ipv4"} 3',
    'gateway_total_count{pool="vpn",family="ipv6"} 2',
  ]);
  record(turned(SWEDEN[0], 2), turned(NORWAY[1], 1));
  expect(await series("gateway_active_count")).toEqual([
    'gateway_active_count{pool="vpn",family="ipv4"} 2',
    'gateway_active_count{pool="vpn",family="ipv6"} 1',
  ]);
  expect(await series("gateways_refused_count")).toEqual([
    'gateways_refused_count{pool="vpn",family="ipv4"} 0',
    'gateways_refused_count{pool="vpn",family="ipv6"} 0',
  ]);
});

test("each address of a gateway has series of its own, with the name of the gateway", async () => {
  const { series, record } = both();
  for (const [index, event] of [observed4(SWEDEN[0], LTE), observed6(NORWAY[1])].entries()) {
    record({ ...event, pool: "vpn", ...(index === 1 && { family: 6 }) } as ServiceEvent);
  }
  expect(await series("gateway_share_ratio")).toEqual([
    `gateway_share_ratio{gateway_ip="${SWEDEN[0]}",pool="vpn",family="ipv4"} 0.5`,
    `gateway_share_ratio{gateway_ip="${NORWAY[0]}",pool="vpn",family="ipv4"} 0`,
    `gateway_share_ratio{gateway_ip="${LTE}",pool="vpn",family="ipv4"} 0.5`,
    `gateway_share_ratio{gateway_ip="${SWEDEN[1]}",pool="vpn",family="ipv6"} 0`,
    `gateway_share_ratio{gateway_ip="${NORWAY[1]}",pool="vpn",family="ipv6"} 1`,
  ]);
  const names = await series("gateway_info");
  expect(names).toContain(`gateway_info{gateway_ip="${SWEDEN[1]}",gateway_name="sweden"} 1`);
  expect(names).toHaveLength(5);
  record({ type: "drained", gateway: NORWAY[0], drained: true, since: 1 });
  for (const gateway of NORWAY) {
    expect(await series("gateway_drained")).toContain(`gateway_drained{gateway_ip="${gateway}"} 1`);
  }
});

test("errors of probes count for the family of the gateway, and those of routes for the family of the routes", async () => {
  const { series, record } = both();
  record({ type: "probe", gateway: SWEDEN[1], result: failure("timeout"), failures: 1 });
  const error = { code: "ip", detail: "ip hangs" } as const;
  record({ type: "applied", family: 6, pool: "vpn", changes: [], seconds: 1, error });
  const errors = await series("errors_total");
  expect(errors).toContain('errors_total{type="timeout",family="ipv6"} 1');
  expect(errors).toContain('errors_total{type="timeout",family="ipv4"} 0');
  expect(errors).toContain('errors_total{type="route_error",pool="vpn",family="ipv6"} 1');
  expect(errors).toContain('errors_total{type="route_error",pool="vpn",family="ipv4"} 0');
});

test("the one pool without a name has families alike", async () => {
  const { series, record } = setUp(fromFlags({ gateway: "10.77.0.10+fd00:77::10", route: "default,default6" }));
  record({
    type: "gateway",
    gateway: SWEDEN[1],
    before: "unknown",
    status: "up",
    detail: "",
    up: 1,
    down: 0,
    total: 1,
  });
  expect(await series("gateway_active_count")).toEqual([
    'gateway_active_count{family="ipv4"} 0',
    'gateway_active_count{family="ipv6"} 1',
  ]);
  expect(await series("unique_public_ips_count")).toEqual([
    'unique_public_ips_count{family="ipv4"} 0',
    'unique_public_ips_count{family="ipv6"} 0',
  ]);
});

test.each(["default", "default6"])("with the route %s alone, no series names a family", async (route) => {
  const { series, record } = setUp(fromFlags({ gateway: "10.77.0.10+fd00:77::10", route }));
  record({ type: "cycle", seconds: 1, up: 1, ...(route === "default6" && { family: 6 }) });
  for (const { name } of METRICS) for (const line of await series(name)) expect(line).not.toContain("family=");
  expect(await series("check_cycles_total")).toEqual(["check_cycles_total 1"]);
});

test("a reload that takes a family from a pool takes its series, and one that takes it from all counts anew", async () => {
  const two = `${BOTH_FAMILIES}[[pool]]\nname = "rest"\nmembers = ["sweden"]\nfrom = ["10.0.0.0/8"]\n`;
  const { series, record, reload } = both(two);
  record({ type: "cycle", seconds: 1, up: 1, pool: "vpn" });
  await reload(configOf(two.replace('"default", "default6"', '"default6"').replace(', "lte"', "")));
  expect(await series("gateway_total_count")).toEqual([
    'gateway_total_count{pool="vpn",family="ipv6"} 2',
    'gateway_total_count{pool="rest",family="ipv4"} 1',
  ]);
  await reload(configOf(two.replace('"default", "default6"', '"default"')));
  expect(await series("check_cycles_total")).toEqual([
    'check_cycles_total{pool="vpn"} 0',
    'check_cycles_total{pool="rest"} 0',
  ]);
});

test("each type of records of a DNS name is counted for itself", async () => {
  const named = `${BOTH_FAMILIES}\n[[ddns]]\nprovider = "dynudns"\nhostname = "gw.example.net"\npassword-file = "/key"\n`;
  const { series, record } = setUp(configOf(named, { secrets: { "/key": "hunter2" } }));
  record(
    { type: "public-ip-count", count: 3, pool: "vpn" },
    { type: "public-ip-count", count: 2, pool: "vpn", family: 6 },
    { type: "ddns-verified", addresses: [], retained: [], pool: "vpn", family: 6 },
    { type: "public-ip", gateway: SWEDEN[1], result: { kind: "success", address: "2600::1", seconds: 1 } },
  );
  expect(await series("unique_public_ips_count")).toEqual([
    'unique_public_ips_count{pool="vpn",family="ipv4"} 3',
    'unique_public_ips_count{pool="vpn",family="ipv6"} 2',
  ]);
  const verified = await series("ddns_last_verified_time_seconds");
  expect(verified.map((line) => [/family="(ipv\d)"/.exec(line)![1], line.endsWith(" 0")])).toEqual([
    ["ipv4", true],
    ["ipv6", false],
  ]);
  const fetched = await series("public_ip_fetch_total");
  expect(fetched).toContain(`public_ip_fetch_total{gateway_ip="${SWEDEN[1]}",status="success"} 1`);
  expect((await series("gateway_public_ip_state")).join()).toContain(`gateway_ip="${NORWAY[1]}"`);
});
