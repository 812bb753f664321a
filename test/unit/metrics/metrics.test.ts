import { describe, expect, test } from "bun:test";

import { Pool } from "../../../src/pool/pool.ts";
import { healthOf } from "../../fixtures/gateways.ts";
import type { ProbeFailureCode } from "../../../src/probe/probe.ts";
import { failure, ip, probe, setUp, success, turned } from "./metrics.fixture.ts";

describe("a probe", () => {
  test("that succeeds", async () => {
    const { record, value } = setUp();
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
    const { record, value } = setUp();
    record(probe(failure("status", 503), 4));
    expect(await value("gateway_health_check_total", { ...ip, status: "failure" })).toBe(1);
    expect(await value("http_requests_total", { ...ip, status_code: "503", method: "GET" })).toBe(1);
    expect(await value("http_request_duration_seconds_count", ip)).toBe(1);
    expect(await value("consecutive_failures_count", ip)).toBe(4);
    expect(await value("probe_failures_total", { ...ip, reason: "status" })).toBe(1);
  });

  test("that is not answered is no HTTP request", async () => {
    const { record, value, registry } = setUp();
    record(probe(failure("timeout"), 1));
    expect(await value("gateway_health_check_duration_seconds_sum", ip)).toBe(0.5);
    expect(await value("http_request_duration_seconds_count", ip)).toBeUndefined();
    expect(await registry.metrics()).not.toMatch(/^http_requests_total\{/m);
  });

  test("counts for its own gateway only", async () => {
    const { record, value } = setUp();
    record(probe(success));
    expect(await value("gateway_health_check_total", { gateway_ip: "10.0.0.2", status: "success" })).toBe(0);
  });

  test.each<[ProbeFailureCode, string]>([
    ["timeout", "timeout"],
    ["status", "invalid_response"],
    ["content", "invalid_response"],
    ["malformed", "invalid_response"],
    ["no-address", "invalid_response"],
    ["refused", "network_error"],
    ["reset", "network_error"],
    ["unreachable", "network_error"],
    ["blocked", "network_error"],
    ["tls", "network_error"],
    ["exhausted", "network_error"],
    ["other", "network_error"],
  ])("that fails with %s is an error of type %s", async (reason, type) => {
    const { record, value } = setUp();
    record(probe(failure(reason), 1));
    for (const each of ["network_error", "timeout", "invalid_response", "route_error"]) {
      expect(await value("errors_total", { type: each })).toBe(each === type ? 1 : 0);
    }
    expect(await value("probe_failures_total", { ...ip, reason })).toBe(1);
  });
});

describe("gateways", () => {
  test("that change set the active count", async () => {
    const { record, value } = setUp();
    expect(await value("gateway_active_count")).toBe(0);
    record(turned("10.0.0.1", "up"));
    expect(await value("gateway_active_count")).toBe(2);
    expect(await value("gateway_total_count")).toBe(3);
  });

  test("that carry traffic since an earlier run count as active without ever changing", async () => {
    const { record, value, gateways } = setUp();
    const { health, linkFaults } = healthOf(gateways, record);
    const pool = new Pool({
      gateways,
      health,
      linkFaults,
      flapHold: 0,
      quorum: { least: 0, policy: "keep" },
      moment: 1000,
      emit: record,
      onChange: () => {},
      onAllLost: () => {},
    });
    health.addFollower(pool);
    health.adopt(new Set(gateways));
    for (const gateway of gateways) health.record(gateway, success);
    pool.stop();
    expect(await value("gateway_active_count")).toBe(3);
  });

  test("have no state before their first probe, and then one", async () => {
    const { record, value } = setUp();
    expect(await value("gateway_up", ip)).toBeUndefined();
    for (const status of ["down", "up", "down"] as const) {
      record(turned("10.0.0.1", status));
      expect(await value("gateway_up", ip)).toBe(status === "up" ? 1 : 0);
    }
    record({ type: "adopted", gateways: ["10.0.0.2"] });
    expect(await value("gateway_up", { gateway_ip: "10.0.0.2" })).toBe(1);
  });

  test("flap each time they go down after they were up, also when an earlier run left them up", async () => {
    const { record, value } = setUp();
    record(turned("10.0.0.1", "down", "unknown"));
    expect(await value("gateway_flaps_total", ip)).toBe(0);
    for (const status of ["up", "down", "up", "down"] as const) record(turned("10.0.0.1", status));
    expect(await value("gateway_flaps_total", ip)).toBe(2);
    record({ type: "adopted", gateways: ["10.0.0.2"] }, turned("10.0.0.2", "down"));
    expect(await value("gateway_flaps_total", { gateway_ip: "10.0.0.2" })).toBe(1);
  });

  test("in the routes are counted as read back from the kernel", async () => {
    const { record, value } = setUp();
    record({ type: "observed", gateways: 2, routes: [], rules: [] });
    expect(await value("default_route_gateways_count")).toBe(2);
    record({ type: "observed", gateways: 0, routes: [], rules: [] });
    expect(await value("default_route_gateways_count")).toBe(0);
  });

  test("that are held, or used without being healthy, are counted", async () => {
    const { record, value } = setUp();
    expect([await value("gateways_held_count"), await value("gateways_kept_count")]).toEqual([0, 0]);
    record({ type: "selection", held: ["10.0.0.1"], kept: ["10.0.0.2", "10.0.0.3"], shortage: undefined });
    expect([await value("gateways_held_count"), await value("gateways_kept_count")]).toEqual([1, 2]);
  });

  test("that failed together are counted by cause", async () => {
    const { record, value } = setUp();
    const links = [{ device: "eth0", fault: { code: "down", detail: "is down" } }] as const;
    record({ type: "failed-together", gateways: ["10.0.0.1", "10.0.0.2"], links });
    record({ type: "failed-together", gateways: ["10.0.0.1"], links });
    expect(await value("gateways_failed_together_total", { cause: "own_link" })).toBe(2);
    expect(await value("gateways_failed_together_total", { cause: "other" })).toBe(0);
    record({ type: "failed-together", gateways: ["10.0.0.1", "10.0.0.2"], links: [] });
    expect(await value("gateways_failed_together_total", { cause: "other" })).toBe(1);
  });

  test("that cannot be nexthops are counted", async () => {
    const { record, value } = setUp();
    const fault = { code: "no-route", detail: "no route" } as const;
    record({ type: "unusable", gateways: ["10.0.0.1", "10.0.0.2"], fault, count: 2 });
    expect(await value("gateways_refused_count")).toBe(2);
    record({ type: "usable", gateways: ["10.0.0.1"], count: 1 });
    expect(await value("gateways_refused_count")).toBe(1);
  });
});
