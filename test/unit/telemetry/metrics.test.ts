import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { METRICS, metricsMarkdown } from "../../../src/telemetry/metrics.ts";
import { createRecorder } from "../../../src/telemetry/recorder.ts";

/** Names, types and labels that dashboards and alerts of the earlier program rely on; those of DDNS are still to come. */
const SPECIFIED = [
  ["gateway_health_check_total", "counter", ["gateway_ip", "status"]],
  ["gateway_health_check_duration_seconds", "histogram", ["gateway_ip"]],
  ["gateway_active_count", "gauge", []],
  ["gateway_total_count", "gauge", []],
  ["route_updates_total", "counter", ["operation", "status"]],
  ["route_update_duration_seconds", "histogram", []],
  ["default_route_gateways_count", "gauge", []],
  ["http_requests_total", "counter", ["gateway_ip", "status_code", "method"]],
  ["http_request_duration_seconds", "histogram", ["gateway_ip"]],
  ["check_cycles_total", "counter", []],
  ["check_cycle_duration_seconds", "histogram", []],
  ["application_start_time_seconds", "gauge", []],
  ["application_uptime_seconds", "gauge", []],
  ["configuration_info", "gauge", ["check_period", "timeout", "port", "scheme", "path"]],
  ["errors_total", "counter", ["type"]],
  ["consecutive_failures_count", "gauge", ["gateway_ip"]],
] as const;

const BUCKETS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];

function registry() {
  const flags = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.1" };
  const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const recorder = createRecorder(parsed.config);
  const result = { kind: "success", seconds: 0.003, status: 200 } as const;
  recorder.record({ type: "probe", gateway: "10.0.0.1", result, failures: 0 });
  recorder.record({ type: "cycle", seconds: 0.003, up: 3 });
  recorder.record({ type: "applied", changes: [], seconds: 0.003, error: undefined });
  return recorder.registry;
}

describe("a metric of the earlier program", () => {
  test.each(SPECIFIED)("%s keeps its type and labels", (name, type, labels) => {
    const rows = METRICS.filter((row) => row.name === name);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ type, labels });
  });

  test.each(SPECIFIED)("%s is served as %s", async (name, type) => {
    expect((await registry().metrics()).split("\n")).toContain(`# TYPE ${name} ${type}`);
  });

  test.each(SPECIFIED.filter(([, type]) => type === "histogram").map(([name]) => name))(
    "%s has Prometheus' default buckets",
    async (name) => {
      const text = await registry().metrics();
      const buckets = [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"`, "gm"))].map(([, bound]) => bound);
      expect(buckets).toEqual(BUCKETS);
    },
  );
});

describe("the table", () => {
  test("names no metric twice", () => {
    const names = METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(METRICS.map(({ name, type, help }) => [name, type, help] as const))(
    "%s follows the rules of Prometheus for names and has a help text",
    (name, type, help) => {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(help.length).toBeGreaterThan(10);
    },
  );

  test("is in the README row by row", () => {
    const rows = metricsMarkdown().trim().split("\n").slice(2);
    expect(rows.map((row) => row.split("`")[1])).toEqual(METRICS.map(({ name }) => name));
    expect(rows[0]).toContain("| counter | `gateway_ip` `status` |");
  });
});
