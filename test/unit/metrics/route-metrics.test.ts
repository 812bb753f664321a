import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import type { Entry } from "../../../src/routing/entry.ts";
import type { Change, Route, Rule } from "../../../src/routing/types.ts";
import { ALL_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import { SECRET, GATEWAYS, setUp } from "./metrics.fixture.ts";

describe("routes", () => {
  const route = (type: Route["type"]): Route => {
    return { family: 4, table: 180, type, destination: parseCidr("0.0.0.0/0")!, metric: 0, nexthops: [] };
  };
  const RULE: Rule = { kind: "lookup", family: 4, preference: 1, table: 2 };
  const ROUTE: Entry = { object: "route", table: 180, destination: parseCidr("0.0.0.0/0")!, metric: 0 };
  const changes: readonly Change[] = [
    { op: "add-route", route: route("throw") },
    { op: "replace-route", route: route("unicast"), fresh: true },
    { op: "replace-route", route: route("unicast"), fresh: false },
    { op: "replace-route", route: route("unicast"), fresh: false },
    { op: "delete-route", route: { ...route("unicast"), protocol: 173 } },
    { op: "add-rule", rule: RULE },
    { op: "add-route", route: { ...route("unicast"), table: 18001 } },
  ];
  const probes = { preference: 100, table: 18001, mark: 0xad000000 };
  const expected = { add: 1, replace: 2, remove: 1, update: 1 };

  test("of IPv6 are replaced once in each run that points slots elsewhere, and not by new slots", async () => {
    const { record, value } = setUp();
    const slot = (id: number, fresh: boolean): Change => {
      return { op: "replace-nexthop", nexthop: { kind: "slot", id, gateway: "fd00::1" }, fresh };
    };
    for (const some of [[slot(1, true), slot(2, true)], [slot(1, false), slot(2, false)], [slot(3, false)]]) {
      record({ type: "applied", changes: some, probes: undefined, seconds: 0.25, error: undefined });
    }
    expect(await value("route_updates_total", { operation: "replace", status: "success" })).toBe(2);
  });

  test.each([
    ["success", "failure", undefined],
    ["failure", "success", { code: "rejected", detail: "RTNETLINK answers: Invalid argument" }],
  ] as const)(
    "changed with %s count by operation; exclusions, rules and routes for probes are no managed routes",
    async (status, other, error) => {
      const { record, value } = setUp();
      record({ type: "applied", changes, probes, seconds: 0.25, error });
      for (const [operation, count] of Object.entries(expected)) {
        expect(await value("route_updates_total", { operation, status })).toBe(count);
        expect(await value("route_updates_total", { operation, status: other })).toBe(0);
      }
      expect(await value("route_update_duration_seconds_sum")).toBe(0.25);
      expect(await value("errors_total", { type: "route_error" })).toBe(error ? 1 : 0);
    },
  );

  test("restored entries count as drift, by object", async () => {
    const { record, value } = setUp();
    record({ type: "repaired", entries: [ROUTE, ROUTE, { object: "rule", rule: RULE }, { object: "kill-switch" }] });
    expect(await value("routing_drift_repairs_total", { object: "route" })).toBe(2);
    expect(await value("routing_drift_repairs_total", { object: "rule" })).toBe(2);
  });

  test("have the time when they were last as they should be", async () => {
    const { record, value } = setUp();
    expect(await value("routing_last_verified_time_seconds")).toBe(0);
    record({ type: "settled" });
    expect(await value("routing_last_verified_time_seconds")).toBeGreaterThan(Date.now() / 1000 - 60);
  });

  test("preceded by rules of other programs count as such, by their extent", async () => {
    const { record, value } = setUp();
    const counts = async () => [
      await value("preceding_rules_count", { extent: "all" }),
      await value("preceding_rules_count", { extent: "some" }),
    ];
    expect(await counts()).toEqual([0, 0]);
    record({ type: "preceded", diversions: [SOME_DIVERTED, ALL_DIVERTED, SOME_DIVERTED] });
    expect(await counts()).toEqual([1, 2]);
    record({ type: "preceded", diversions: [] });
    expect(await counts()).toEqual([0, 0]);
  });

  test("occupied or undone by other programs count as conflicts", async () => {
    const { record, value } = setUp();
    const found = { ...route("unicast"), protocol: 4 };
    record({ type: "conflict", entry: ROUTE, found }, { type: "fight", entries: [ROUTE], waitMs: 1 });
    expect(await value("routing_conflicts_total")).toBe(2);
  });
});

describe("the service", () => {
  test("a round of probes is a cycle, with the time of its slowest probe", async () => {
    const { record, value } = setUp();
    record({ type: "cycle", seconds: 0.75, up: 3 });
    expect(await value("check_cycles_total")).toBe(1);
    expect(await value("check_cycle_duration_seconds_sum")).toBe(0.75);
  });

  test("runs of ip count by outcome", async () => {
    const { record, value } = setUp();
    record({ type: "ip-run", ok: true });
    record({ type: "ip-run", ok: false });
    expect(await value("ip_commands_total", { status: "success" })).toBe(1);
    expect(await value("ip_commands_total", { status: "failure" })).toBe(1);
  });

  test("the configuration is a series of value 1, durations as Go writes them", async () => {
    const labels = { check_period: "1m0s", timeout: "1.5s", port: "9999", scheme: "http", path: "/health" };
    expect(await setUp().value("configuration_info", labels)).toBe(1);
    expect(await setUp().value("build_info", { version: "development", commit: "unknown" })).toBe(1);
  });

  test("the hash seed is a series of value 1, where there is one", async () => {
    expect(await setUp().value("hash_seed_info", { seed: "173" })).toBeUndefined();
    expect(await setUp({ "hash-seed": "173" }).value("hash_seed_info", { seed: "173" })).toBe(1);
  });

  test("the start lies before now, and start and uptime add up to now", async () => {
    const { value } = setUp();
    const [start, uptime] = [await value("application_start_time_seconds"), await value("application_uptime_seconds")];
    expect(uptime).toBeGreaterThan(0);
    expect(Math.abs(start! + uptime! - Date.now() / 1000)).toBeLessThan(1);
  });

  test("every series whose labels are known is zero from the start", async () => {
    const { value } = setUp();
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
    expect(await setUp().registry.metrics()).not.toContain(SECRET);
  });

  test("two registries do not share their numbers", async () => {
    const [one, other] = [setUp(), setUp()];
    one.record({ type: "cycle", seconds: 1, up: 3 });
    expect(await other.value("check_cycles_total")).toBe(0);
  });
});
