import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { Board } from "../../../src/daemon/board.ts";
import type { ServiceEvent } from "../../../src/daemon/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { FailureReason, ProbeResult } from "../../../src/probe/probe.ts";
import type { Change, Route } from "../../../src/routing/types.ts";
import { createRecorder } from "../../../src/telemetry/recorder.ts";

const SECRET = "hunter2";
const GATEWAYS = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const FLAGS = {
  "start-ip": "10.0.0.1",
  "end-ip": "10.0.0.3",
  path: "/health",
  timeout: "1500ms",
  "check-period": "1m",
};
const SECRETS = { "ddns-password": SECRET, "public-ip-service-username": "u", "public-ip-service-password": SECRET };

/** A recorder of three gateways and a look at its metrics. */
function recorder() {
  const parsed = parseConfig({ ...FLAGS, ...SECRETS }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const { registry, record } = createRecorder(parsed.config);
  return {
    registry,
    record,
    gateways: parsed.config.gateways,
    /** The value of one series, undefined when there is none; of a histogram give the name with _count or _sum. */
    async value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
      const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(/_(count|sum)$/, ""));
      const { values } = (await metric!.get()) as { values: { metricName?: string; labels: object; value: number }[] };
      const found = values.filter(
        (entry) => (entry.metricName ?? name) === name && Bun.deepEquals(entry.labels, labels),
      );
      expect(found.length).toBeLessThan(2);
      return found[0]?.value;
    },
  };
}

const ip = { gateway_ip: "10.0.0.1" };
const probe = (result: ProbeResult, failures = 0): ServiceEvent => ({
  type: "probe",
  gateway: "10.0.0.1",
  result,
  failures,
});
const success: ProbeResult = { kind: "success", seconds: 0.25, status: 204 };
const failure = (reason: FailureReason, status?: number): ProbeResult => ({
  kind: "failure",
  seconds: 0.5,
  reason,
  detail: reason,
  ...(status === undefined ? {} : { status }),
});

describe("a probe", () => {
  test("that succeeds", async () => {
    const { record, value } = recorder();
    record(probe(success));
    record(probe(success));
    expect(await value("gateway_health_check_total", { ...ip, status: "success" })).toBe(2);
    expect(await value("gateway_health_check_total", { ...ip, status: "failure" })).toBe(0);
    expect(await value("gateway_health_check_duration_seconds_count", ip)).toBe(2);
    expect(await value("gateway_health_check_duration_seconds_sum", ip)).toBe(0.5);
    expect(await value("http_requests_total", { ...ip, status_code: "204", method: "GET" })).toBe(2);
    expect(await value("http_request_duration_seconds_sum", ip)).toBe(0.5);
    expect(await value("consecutive_failures_count", ip)).toBe(0);
  });

  test("that is answered with a bad status", async () => {
    const { record, value } = recorder();
    record(probe(failure("status", 503), 4));
    expect(await value("gateway_health_check_total", { ...ip, status: "failure" })).toBe(1);
    expect(await value("http_requests_total", { ...ip, status_code: "503", method: "GET" })).toBe(1);
    expect(await value("http_request_duration_seconds_count", ip)).toBe(1);
    expect(await value("consecutive_failures_count", ip)).toBe(4);
    expect(await value("probe_failures_total", { ...ip, reason: "status" })).toBe(1);
  });

  test("that is not answered is no HTTP request", async () => {
    const { record, value, registry } = recorder();
    record(probe(failure("timeout"), 1));
    expect(await value("gateway_health_check_duration_seconds_sum", ip)).toBe(0.5);
    expect(await value("http_request_duration_seconds_count", ip)).toBeUndefined();
    expect(await registry.metrics()).not.toMatch(/^http_requests_total\{/m);
  });

  test("counts for its own gateway only", async () => {
    const { record, value } = recorder();
    record(probe(success));
    expect(await value("gateway_health_check_total", { gateway_ip: "10.0.0.2", status: "success" })).toBe(0);
  });

  test.each<[FailureReason, string]>([
    ["timeout", "timeout"],
    ["status", "invalid_response"],
    ["malformed", "invalid_response"],
    ["refused", "network_error"],
    ["reset", "network_error"],
    ["unreachable", "network_error"],
    ["blocked", "network_error"],
    ["tls", "network_error"],
    ["exhausted", "network_error"],
    ["other", "network_error"],
  ])("that fails with %s is an error of type %s", async (reason, type) => {
    const { record, value } = recorder();
    record(probe(failure(reason), 1));
    for (const each of ["network_error", "timeout", "invalid_response", "route_error"]) {
      expect(await value("errors_total", { type: each })).toBe(each === type ? 1 : 0);
    }
    expect(await value("probe_failures_total", { ...ip, reason })).toBe(1);
  });
});

describe("gateways", () => {
  test("that change set the active count", async () => {
    const { record, value } = recorder();
    expect(await value("gateway_active_count")).toBe(0);
    record({ type: "gateway", gateway: "10.0.0.1", status: "up", detail: "", up: 2, total: 3 });
    expect(await value("gateway_active_count")).toBe(2);
    expect(await value("gateway_total_count")).toBe(3);
  });

  test("that carry traffic since an earlier run count as active without ever changing", async () => {
    const { record, value, gateways } = recorder();
    const thresholds = { rise: 1, fall: 1 };
    const board = new Board({ gateways, thresholds, adopted: new Set(gateways), emit: record, onHealthy: () => {} });
    for (const gateway of gateways) board.record(gateway, success);
    expect(await value("gateway_active_count")).toBe(3);
  });

  test("in the routes are counted as read back from the kernel", async () => {
    const { record, value } = recorder();
    record({ type: "observed", gateways: 2 });
    expect(await value("default_route_gateways_count")).toBe(2);
    record({ type: "observed", gateways: 0 });
    expect(await value("default_route_gateways_count")).toBe(0);
  });

  test("that are refused are counted", async () => {
    const { record, value } = recorder();
    record({ type: "refused-count", count: 2 });
    expect(await value("gateways_refused_count")).toBe(2);
    record({ type: "refused-count", count: 1 });
    expect(await value("gateways_refused_count")).toBe(1);
  });
});

describe("routes", () => {
  const route = (type: Route["type"]): Route => {
    return { family: 4, type, destination: parseCidr("0.0.0.0/0")!, metric: 0, nexthops: [] };
  };
  const changes: readonly Change[] = [
    { op: "add-route", route: route("throw") },
    { op: "replace-route", route: route("unicast"), fresh: true },
    { op: "replace-route", route: route("unicast"), fresh: false },
    { op: "replace-route", route: route("unicast"), fresh: false },
    { op: "delete-route", route: { ...route("unicast"), protocol: 173 } },
    { op: "add-rule", rule: { family: 4, preference: 1, table: 2 } },
  ];
  const expected = { add: 1, replace: 2, remove: 1, update: 1 };

  test.each([
    ["success", "failure", undefined],
    ["failure", "success", "RTNETLINK answers: Invalid argument"],
  ] as const)(
    "changed with %s count by operation; exclusions and rules are no managed routes",
    async (status, other, error) => {
      const { record, value } = recorder();
      record({ type: "applied", changes, seconds: 0.25, error });
      for (const [operation, count] of Object.entries(expected)) {
        expect(await value("route_updates_total", { operation, status })).toBe(count);
        expect(await value("route_updates_total", { operation, status: other })).toBe(0);
      }
      expect(await value("route_update_duration_seconds_sum")).toBe(0.25);
      expect(await value("errors_total", { type: "route_error" })).toBe(error ? 1 : 0);
    },
  );

  test("put back count as drift, by object", async () => {
    const { record, value } = recorder();
    const entries = [
      { object: "route", key: "a" },
      { object: "route", key: "b" },
      { object: "rule", key: "c" },
    ] as const;
    record({ type: "repaired", entries });
    expect(await value("routing_drift_repairs_total", { object: "route" })).toBe(2);
    expect(await value("routing_drift_repairs_total", { object: "rule" })).toBe(1);
  });

  test("held or undone by others count as conflicts", async () => {
    const { record, value } = recorder();
    record({ type: "conflict", key: "a", found: "b" });
    record({ type: "fight", key: "a", waitMs: 1 });
    expect(await value("routing_conflicts_total")).toBe(2);
  });
});

describe("the rest", () => {
  test("a round of probes is a cycle, with the time of its slowest probe", async () => {
    const { record, value } = recorder();
    record({ type: "cycle", seconds: 0.75, up: 3 });
    expect(await value("check_cycles_total")).toBe(1);
    expect(await value("check_cycle_duration_seconds_sum")).toBe(0.75);
  });

  test("runs of ip count by outcome", async () => {
    const { record, value } = recorder();
    record({ type: "ip-run", ok: true });
    record({ type: "ip-run", ok: false });
    expect(await value("ip_commands_total", { status: "success" })).toBe(1);
    expect(await value("ip_commands_total", { status: "failure" })).toBe(1);
  });

  test("the configuration is a series of value 1, durations as Go writes them", async () => {
    const labels = { check_period: "1m0s", timeout: "1.5s", port: "9999", scheme: "http", path: "/health" };
    expect(await recorder().value("configuration_info", labels)).toBe(1);
  });

  test("the start lies before now, and start and uptime add up to now", async () => {
    const { value } = recorder();
    const [start, uptime] = [await value("application_start_time_seconds"), await value("application_uptime_seconds")];
    expect(uptime).toBeGreaterThan(0);
    expect(Math.abs(start! + uptime! - Date.now() / 1000)).toBeLessThan(1);
  });

  test("every series whose labels are known stands at zero from the start", async () => {
    const { value } = recorder();
    for (const gateway_ip of GATEWAYS) {
      expect(await value("gateway_health_check_total", { gateway_ip, status: "success" })).toBe(0);
      expect(await value("gateway_health_check_total", { gateway_ip, status: "failure" })).toBe(0);
      expect(await value("consecutive_failures_count", { gateway_ip })).toBe(0);
    }
    for (const operation of ["add", "replace", "remove", "update"]) {
      expect(await value("route_updates_total", { operation, status: "success" })).toBe(0);
    }
  });

  test("no secret is in the metrics", async () => {
    expect(await recorder().registry.metrics()).not.toContain(SECRET);
  });

  test("two recorders do not share their numbers", async () => {
    const [one, other] = [recorder(), recorder()];
    one.record({ type: "cycle", seconds: 1, up: 3 });
    expect(await other.value("check_cycles_total")).toBe(0);
  });
});
