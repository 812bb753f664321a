import { Gauge, Registry } from "prom-client";
// The other default metrics are wrong under Bun (heap, handles, event loop), so only these are taken.
import processCpuTotal from "prom-client/lib/metrics/processCpuTotal.js";
import processMaxFileDescriptors from "prom-client/lib/metrics/processMaxFileDescriptors.js";
import processOpenFileDescriptors from "prom-client/lib/metrics/processOpenFileDescriptors.js";
import processStartTime from "prom-client/lib/metrics/processStartTime.js";

import { COMMIT, VERSION } from "../build.ts";
import type { Config } from "../config/parse.ts";
import type { Emit } from "../daemon/events.ts";
import { formatDuration } from "../net/duration.ts";
import type { FailureReason, ProbeResult } from "../probe/probe.ts";
import type { Change } from "../routing/types.ts";
import { createDdnsRecorder } from "./ddns-recorder.ts";
import { type Meters, register } from "./meters.ts";

/** `errors_total` knows only the earlier program's types. */
const ERROR_TYPES: Readonly<Partial<Record<FailureReason, string>>> = {
  timeout: "timeout",
  status: "invalid_response",
  malformed: "invalid_response",
};

/**
 * Turns events into metrics.
 *
 * @returns the registry to serve, and the listener to feed
 */
export function createRecorder(config: Config): { readonly registry: Registry; readonly record: Emit } {
  const registry = new Registry();
  const meters = register(registry);
  const { counter, gauge, histogram } = meters;
  for (const metric of [processCpuTotal, processStartTime, processOpenFileDescriptors, processMaxFileDescriptors]) {
    metric(registry);
  }
  residentMemory(registry);
  initialise(config, meters);

  const probes = new Map(config.gateways.map((gateway) => [gateway, probeMeters(gateway, meters)]));
  const turn = stateMeters(config.gateways, meters);
  const errors = counter("errors_total");
  const updates = counter("route_updates_total");
  const repairs = counter("routing_drift_repairs_total");
  const conflicts = counter("routing_conflicts_total");
  const ipRuns = {
    success: counter("ip_commands_total").labels("success"),
    failure: counter("ip_commands_total").labels("failure"),
  };
  for (const runs of Object.values(ipRuns)) runs.inc(0);

  const recordDdns = createDdnsRecorder(config, meters);
  const record: Emit = (event) => {
    recordDdns(event);
    switch (event.type) {
      case "probe":
        probes.get(event.gateway)!(event.result, event.failures);
        if (event.result.kind === "failure") errors.inc({ type: ERROR_TYPES[event.result.reason] ?? "network_error" });
        break;
      case "adopted":
        for (const gateway of event.gateways) turn(gateway, true);
        break;
      case "gateway":
        gauge("gateway_active_count").set(event.up);
        turn(event.gateway, event.status === "up");
        break;
      case "cycle":
        gauge("gateway_active_count").set(event.up); // gateways adopted at start are up without ever having changed
        counter("check_cycles_total").inc();
        histogram("check_cycle_duration_seconds").observe(event.seconds);
        break;
      case "ip-run":
        ipRuns[event.ok ? "success" : "failure"].inc();
        break;
      case "applied": {
        const status = event.error === undefined ? "success" : "failure";
        updates.inc({ operation: "update", status });
        for (const operation of operationsOf(event.changes)) updates.inc({ operation, status });
        if (event.error !== undefined) errors.inc({ type: "route_error" });
        histogram("route_update_duration_seconds").observe(event.seconds);
        break;
      }
      case "repaired":
        for (const { object } of event.entries) repairs.inc({ object });
        break;
      case "fight":
      case "conflict":
        conflicts.inc();
        break;
      case "selection":
        gauge("gateways_held_count").set(event.held.length);
        gauge("gateways_kept_count").set(event.kept.length);
        break;
      case "failed-together":
        counter("gateways_failed_together_total").inc({ cause: event.links.length > 0 ? "own_link" : "other" });
        break;
      case "refused-count":
        gauge("gateways_refused_count").set(event.count);
        break;
      case "hook-run":
        counter("hook_runs_total").inc({
          hook: event.way,
          status: event.problem === undefined ? "success" : "failure",
        });
        break;
      case "hook-dropped":
        counter("hook_dropped_total").inc({ hook: event.way, reason: event.reason.replace(" ", "_") }, event.count);
        break;
      case "observed":
        gauge("default_route_gateways_count").set(event.gateways);
        break;
      case "settled":
        gauge("routing_last_verified_time_seconds").set(Date.now() / 1000);
        break;
    }
  };
  return { registry, record };
}

function residentMemory(registry: Registry): void {
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}

/** Values that stand from the start, so that a query finds a series before the first event. */
function initialise(config: Config, { counter, gauge }: Meters): void {
  const { gateways, checkPeriod, timeout, port, scheme, path } = config;
  const start = Date.now() / 1000 - process.uptime();
  gauge("gateway_total_count").set(gateways.length);
  gauge("application_start_time_seconds").set(start);
  // `collect` runs at each scrape.
  Object.assign(gauge("application_uptime_seconds"), {
    collect: () => gauge("application_uptime_seconds").set(process.uptime()),
  });
  gauge("build_info").set({ version: VERSION, commit: COMMIT }, 1);
  gauge("configuration_info").set(
    { check_period: formatDuration(checkPeriod), timeout: formatDuration(timeout), port: String(port), scheme, path },
    1,
  );
  for (const type of ["network_error", "timeout", "invalid_response", "route_error"])
    counter("errors_total").inc({ type }, 0);
  for (const operation of ["add", "replace", "remove", "update"]) {
    for (const status of ["success", "failure"]) counter("route_updates_total").inc({ operation, status }, 0);
  }
  for (const cause of ["own_link", "other"]) counter("gateways_failed_together_total").inc({ cause }, 0);
  for (const object of ["route", "rule"]) counter("routing_drift_repairs_total").inc({ object }, 0);
  for (const hook of [config.onChange && "command", config.webhookUrl && "webhook"]) {
    if (hook === undefined) continue;
    for (const status of ["success", "failure"]) counter("hook_runs_total").inc({ hook, status }, 0);
    for (const reason of ["superseded", "full", "given_up"]) counter("hook_dropped_total").inc({ hook, reason }, 0);
  }
}

/** One gateway's metrics with their labels bound once: looking labels up at each probe costs five times as much. */
function probeMeters(gateway: string, { counter, gauge, histogram }: Meters) {
  const label = { gateway_ip: gateway };
  const checks = counter("gateway_health_check_total");
  const outcome = {
    success: checks.labels({ ...label, status: "success" }),
    failure: checks.labels({ ...label, status: "failure" }),
  };
  const duration = histogram("gateway_health_check_duration_seconds").labels(label);
  const requestDuration = histogram("http_request_duration_seconds").labels(label);
  const failuresInRow = gauge("consecutive_failures_count").labels(label);
  outcome.success.inc(0);
  outcome.failure.inc(0);
  failuresInRow.set(0);

  return (result: ProbeResult, failures: number): void => {
    outcome[result.kind].inc();
    duration.observe(result.seconds);
    failuresInRow.set(failures);
    if (result.kind === "failure") counter("probe_failures_total").inc({ ...label, reason: result.reason });
    if (result.status === undefined) return;
    requestDuration.observe(result.seconds);
    counter("http_requests_total").inc({ ...label, status_code: String(result.status), method: "GET" });
  };
}

/** Follows which gateways are up. One that was never up has not flapped when it is found down. */
function stateMeters(gateways: readonly string[], { counter, gauge }: Meters) {
  const flaps = counter("gateway_flaps_total");
  const up = new Set<string>();
  for (const gateway of gateways) flaps.inc({ gateway_ip: gateway }, 0);

  return (gateway: string, isUp: boolean): void => {
    gauge("gateway_up").set({ gateway_ip: gateway }, isUp ? 1 : 0);
    if (isUp) up.add(gateway);
    else if (up.delete(gateway)) flaps.inc({ gateway_ip: gateway });
  };
}

/** What the changes do to managed routes, in the words of the earlier program. */
function* operationsOf(changes: readonly Change[]): Generator<"add" | "replace" | "remove"> {
  for (const change of changes) {
    if (!("route" in change) || change.route.type !== "unicast") continue;
    if (change.op === "delete-route") yield "remove";
    else yield change.op === "add-route" || change.fresh ? "add" : "replace";
  }
}
