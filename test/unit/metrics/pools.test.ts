import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { METRICS } from "../../../src/metrics/table.ts";
import { twoPools } from "../../fixtures/two-pools.ts";
import { FLAGS, probe, SECRETS, success, turned } from "./metrics.fixture.ts";

const DDNS = { "ddns-provider": "dynudns", "ddns-hostname": "gw.example.com" };

/** Metrics of two pools with names and the same gateways. */
function setUp() {
  const { registry, record } = createMetrics(twoPools({ ...FLAGS, ...SECRETS, ...DDNS }));
  return {
    record: (pool: string, ...events: readonly ServiceEvent[]) => {
      for (const event of events) record({ ...event, pool } as ServiceEvent);
    },
    recordOfMachine: record,
    /** The series of a metric, without buckets. */
    series: async (name: string): Promise<string[]> => {
      const lines = (await registry.metrics()).split("\n");
      return lines.filter((line) => new RegExp(`^${name}(_sum|_count)?[{ ]`).test(line));
    },
  };
}

describe("two pools with names", () => {
  test("have a label with the name on every series; metrics of gateways, which they share, and of the service have none", async () => {
    const { series, record, recordOfMachine } = setUp();
    for (const pool of ["vpn", "lte"]) {
      record(pool, { type: "cycle", seconds: 1, up: 1 });
      record(pool, { type: "applied", changes: [], seconds: 1, error: undefined });
    }
    for (const event of [probe(success), turned("10.0.0.1", "up")]) recordOfMachine(event);
    recordOfMachine({ type: "ip-run", ok: true });
    for (const { name, scope } of METRICS) {
      for (const line of await series(name)) {
        const isOfProbes = /^errors_total\{type="(network_error|timeout|invalid_response)"/.test(line);
        const isOfPool = scope === "pool" && !isOfProbes;
        expect([line, /pool="(vpn|lte)"/.test(line)]).toEqual([line, isOfPool]);
      }
    }
    expect(await series("ip_commands_total")).toContain('ip_commands_total{status="success"} 1');
  });

  test("count once what happens to their gateways, and apart how many of them are up", async () => {
    const { series, recordOfMachine } = setUp();
    for (const event of [probe(success), probe(success)]) recordOfMachine(event);
    const pools = [
      { pool: "vpn", up: 2, down: 1, total: 3 },
      { pool: "lte", up: 0, down: 1, total: 1 },
    ];
    for (const status of ["up", "down"] as const) {
      recordOfMachine(Object.assign({ pools }, turned("10.0.0.1", status)) as ServiceEvent);
    }
    const checks = await series("gateway_health_check_total");
    expect(checks).toContain('gateway_health_check_total{gateway_ip="10.0.0.1",status="success"} 2');
    expect(await series("gateway_flaps_total")).toContain('gateway_flaps_total{gateway_ip="10.0.0.1"} 1');
    expect(await series("gateway_active_count")).toEqual([
      'gateway_active_count{pool="vpn"} 2',
      'gateway_active_count{pool="lte"} 0',
    ]);
  });

  test("count apart their rounds, routes and DNS names", async () => {
    const { series, record } = setUp();
    record("lte", { type: "cycle", seconds: 0.75, up: 3 }, { type: "observed", gateways: 2, routes: [], rules: [] });
    record("lte", { type: "public-ip-count", count: 2 }, { type: "ddns-skipped", reason: "no_change" });
    expect(await series("check_cycles_total")).toEqual([
      'check_cycles_total{pool="vpn"} 0',
      'check_cycles_total{pool="lte"} 1',
    ]);
    expect(await series("check_cycle_duration_seconds")).toEqual([
      'check_cycle_duration_seconds_sum{pool="vpn"} 0',
      'check_cycle_duration_seconds_count{pool="vpn"} 0',
      'check_cycle_duration_seconds_sum{pool="lte"} 0.75',
      'check_cycle_duration_seconds_count{pool="lte"} 1',
    ]);
    expect(await series("gateway_active_count")).toContain('gateway_active_count{pool="lte"} 3');
    expect(await series("default_route_gateways_count")).toContain('default_route_gateways_count{pool="lte"} 2');
    expect(await series("unique_public_ips_count")).toContain('unique_public_ips_count{pool="lte"} 2');
    const skipped = await series("ddns_updates_skipped_total");
    expect(skipped.filter((line) => line.endsWith(" 1"))).toEqual([
      'ddns_updates_skipped_total{provider="DynuDNS",reason="no_change",pool="lte"} 1',
    ]);
  });

  test("have every series without other labels from the start", async () => {
    const { series } = setUp();
    for (const { name, labels, scope } of METRICS) {
      if (scope === "pool" && labels.length === 0) {
        const lines = await series(name);
        for (const pool of ["vpn", "lte"]) expect(lines.some((line) => line.includes(`{pool="${pool}"}`))).toBe(true);
      }
    }
  });
});
