import type { Emit } from "../events/events.ts";
import type { Diversion } from "../routing/diversions.ts";
import { isProbeTable } from "../routing/probe-tables.ts";
import type { Change, ProbeTables } from "../routing/types.ts";
import type { Meters } from "./registry.ts";

/** Counts what happens to the routes and rules of a pool. Series that queries rely on exist from the start. */
export function createRouteMetrics({ counter, gauge, histogram, begin }: Meters): Emit {
  const errors = counter("errors_total");
  const updates = counter("route_updates_total");
  const repairs = counter("routing_drift_repairs_total");
  const conflicts = counter("routing_conflicts_total");
  errors.inc({ type: "route_error" }, 0);
  for (const operation of ["add", "replace", "remove", "update"]) {
    for (const status of ["success", "failure"]) updates.inc({ operation, status }, 0);
  }
  for (const object of ["route", "rule"]) repairs.inc({ object }, 0);
  const countPreceding = (diversions: readonly Diversion[]): void => {
    for (const extent of ["all", "some"] as const) {
      const count = diversions.filter((one) => one.extent === extent).length;
      gauge("preceding_rules_count").set({ extent }, count);
    }
  };
  for (const extent of ["all", "some"]) begin("preceding_rules_count", { extent }, 0);

  return (event) => {
    switch (event.type) {
      case "applied": {
        const status = event.error === undefined ? "success" : "failure";
        updates.inc({ operation: "update", status });
        for (const operation of operationsOf(event.changes, event.probes)) updates.inc({ operation, status });
        if (event.error !== undefined) errors.inc({ type: "route_error" });
        histogram("route_update_duration_seconds").observe(event.seconds);
        break;
      }
      case "repaired":
        for (const { object } of event.entries) repairs.inc({ object: object === "route" ? "route" : "rule" });
        break;
      case "fight":
      case "conflict":
        conflicts.inc();
        break;
      case "preceded":
        countPreceding(event.diversions);
        break;
      case "unusable":
      case "usable":
        gauge("gateways_refused_count").set(event.count);
        break;
      case "observed":
        gauge("default_route_gateways_count").set(event.gateways);
        break;
      case "settled":
        gauge("routing_last_verified_time_seconds").set(Date.now() / 1000);
        break;
    }
  };
}

/** Counts the runs of `ip`. */
export function createIpMetrics({ counter }: Meters): Emit {
  const success = counter("ip_commands_total").labels({ status: "success" });
  const failure = counter("ip_commands_total").labels({ status: "failure" });
  success.inc(0);
  failure.inc(0);
  return (event) => {
    if (event.type === "ip-run") (event.ok ? success : failure).inc();
  };
}

/**
 * What the changes do to managed routes, as the earlier program named it. In IPv6 slots lead elsewhere, while the route that
 * uses their group stays as it is: that replaces it once, however many slots it takes.
 */
function* operationsOf(
  changes: readonly Change[],
  probes: ProbeTables | undefined,
): Generator<"add" | "replace" | "remove"> {
  if (changes.some((change) => change.op === "replace-nexthop" && !change.fresh)) yield "replace";
  for (const change of changes) {
    if (!("route" in change) || change.route.type !== "unicast") continue;
    if (probes && isProbeTable(change.route.table, probes)) continue;
    if (change.op === "delete-route") yield "remove";
    else yield change.op === "add-route" || change.fresh ? "add" : "replace";
  }
}
