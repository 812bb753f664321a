import { MOST_VALUES } from "./bounded-labels.ts";

/** One row of the metrics table. */
export interface MetricRow {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /**
   * Besides `pool`, which the metrics of pools have where pools have names, and `family`, which those have that differ by
   * family, where both are routed. Pools share gateways, whose metrics have neither. Metrics with a
   * provider have `hostname` in the series of a pool with several DNS names.
   */
  readonly labels: readonly string[];
  readonly help: string;
  /** What one series describes. */
  readonly scope: "service" | "gateway" | "pool";
  /** Whether each family of a pool has a series. */
  readonly ofFamily: boolean;
  /**
   * The label whose values come from outside, such as from the answer of a gateway. All other values are of the
   * configuration, or words of this program.
   */
  readonly foreign?: string;
}

/** All that is of a pool but what is of a gateway's public address: the gateway tells the family. */
function isOfFamily(name: string, scope: MetricRow["scope"]): boolean {
  return scope === "pool" && name !== "gateway_public_ip_state";
}

const row = (
  type: MetricRow["type"],
  name: string,
  labels: readonly string[],
  help: string,
  scope: MetricRow["scope"] = "pool",
): MetricRow => ({ name, type, labels, help, scope, ofFamily: isOfFamily(name, scope) });

/**
 * The one table of metrics. Names, types and labels up to `ddns_updates_skipped_total` are those of the earlier
 * program, so that its dashboards and alerts continue to work. Histograms have Prometheus' default buckets.
 */
export const METRICS: readonly MetricRow[] = [
  row(
    "counter",
    "gateway_health_check_total",
    ["gateway_ip", "status"],
    "Probes by outcome: success or failure",
    "gateway",
  ),
  row(
    "histogram",
    "gateway_health_check_duration_seconds",
    ["gateway_ip"],
    "Time of a probe until its outcome",
    "gateway",
  ),
  row("gauge", "gateway_active_count", [], "Gateways that are up"),
  row("gauge", "gateway_total_count", [], "Gateways in all"),
  row(
    "counter",
    "route_updates_total",
    ["operation", "status"],
    "Changes of managed routes (add, replace, remove), and runs that made changes (update)",
  ),
  row("histogram", "route_update_duration_seconds", [], "Time of a run that changed the kernel"),
  row("gauge", "default_route_gateways_count", [], "Gateways in the managed routes, as read back from the kernel"),
  {
    ...row(
      "counter",
      "http_requests_total",
      ["gateway_ip", "status_code", "method"],
      `Answered probes by HTTP status; after ${MOST_VALUES} different ones of a gateway, further ones are \`other\``,
      "gateway",
    ),
    foreign: "status_code",
  },
  row(
    "histogram",
    "http_request_duration_seconds",
    ["gateway_ip"],
    "Time of an answered probe until the header of the answer",
    "gateway",
  ),
  row("counter", "check_cycles_total", [], "Rounds in which every gateway was probed"),
  row("histogram", "check_cycle_duration_seconds", [], "Time of the slowest probe of a round"),
  row("gauge", "application_start_time_seconds", [], "Start of the service, in seconds since 1970", "service"),
  row("gauge", "application_uptime_seconds", [], "Seconds since the start", "service"),
  row(
    "gauge",
    "configuration_info",
    ["check_period", "timeout", "port", "scheme", "path"],
    "The configuration; always 1",
    "gateway",
  ),
  row("counter", "errors_total", ["type"], "Errors: network_error, timeout, invalid_response or route_error"),
  row("gauge", "consecutive_failures_count", ["gateway_ip"], "Failed probes in a row", "gateway"),
  row(
    "counter",
    "public_ip_fetch_total",
    ["gateway_ip", "status"],
    "Look-ups of a public address: success or failure",
    "gateway",
  ),
  row(
    "histogram",
    "public_ip_fetch_duration_seconds",
    ["gateway_ip"],
    "Time of a look-up of a public address",
    "gateway",
  ),
  row("gauge", "unique_public_ips_count", [], "Different public addresses of the active gateways"),
  row("counter", "public_ip_changes_total", [], "Times a gateway's public address changed", "gateway"),
  row("counter", "ddns_updates_total", ["provider", "status"], "Updates of DNS records: success or failure"),
  row("histogram", "ddns_update_duration_seconds", ["provider"], "Time of an update of DNS records"),
  row(
    "counter",
    "ddns_updates_skipped_total",
    ["provider", "reason"],
    "Updates without a change: no_change, or required_ip_not_found",
  ),

  row("gauge", "build_info", ["version", "commit"], "The program's version; always 1", "service"),
  row(
    "gauge",
    "hash_seed_info",
    ["seed"],
    "The value of -hash-seed, which routers of a pair have in common; always 1, and absent without it",
    "service",
  ),
  row(
    "gauge",
    "gateway_info",
    ["gateway_ip", "gateway_name"],
    "The name of a gateway, or its address where it has none; always 1, and absent where no gateway has a name",
    "service",
  ),
  row(
    "gauge",
    "gateway_up",
    ["gateway_ip"],
    "1 for a gateway that is up, 0 for one that is down; absent until its first probe",
    "gateway",
  ),
  row(
    "gauge",
    "gateway_drained",
    ["gateway_ip"],
    "1 for a gateway that is taken out of use for maintenance, else 0",
    "gateway",
  ),
  row("counter", "gateway_flaps_total", ["gateway_ip"], "Changes of a gateway from up to down", "gateway"),
  row("counter", "probe_failures_total", ["gateway_ip", "reason"], "Failed probes by reason", "gateway"),
  row(
    "counter",
    "routing_drift_repairs_total",
    ["object"],
    "Entries restored after another program removed or altered them: route or rule",
  ),
  row(
    "counter",
    "routing_conflicts_total",
    [],
    "Times another program occupied the place of an entry or kept undoing it",
  ),
  row(
    "gauge",
    "routing_last_verified_time_seconds",
    [],
    "When the kernel was last read and held what it should, in seconds since 1970; 0 means never",
  ),
  row(
    "gauge",
    "preceding_rules_count",
    ["extent"],
    "Rules of other programs before ours, and routes of theirs in our table, that keep all or some packets from the gateways",
  ),
  row("gauge", "gateways_refused_count", [], "Gateways that cannot be nexthops now"),
  row(
    "gauge",
    "gateways_usable_count",
    [],
    "Gateways that carry traffic or could at once, as /usable counts them; 0 while the kernel does not lead there",
  ),
  row("gauge", "gateways_held_count", [], "Healthy gateways that are not used because they flap (-flap-hold)"),
  row(
    "gauge",
    "gateway_tier_in_use",
    ["tier"],
    "1 for a tier that carries traffic, else 0; absent where all gateways are of one tier",
  ),
  row(
    "gauge",
    "gateway_share_ratio",
    ["gateway_ip"],
    "Part of the flows that a gateway carries, by the weights in the kernel; 0 to 1, and 0 while they do not use it",
  ),
  row("gauge", "gateway_weight", ["gateway_ip"], "Weight of a gateway; absent where all are 1"),
  row("gauge", "gateway_tier", ["gateway_ip"], "Tier of a gateway; absent where all gateways are of one tier"),
  row("gauge", "gateways_drained_count", [], "Healthy gateways that are not used because they are drained"),
  row("gauge", "gateways_kept_count", [], "Gateways that are used without being healthy (-min-healthy)"),
  row("gauge", "gateways_standby_count", [], "Healthy gateways that are not used because their tier is not in use"),
  row(
    "counter",
    "gateways_failed_together_total",
    ["cause"],
    "Times all healthy gateways failed in the same moment, by cause: own_link or other",
  ),
  row(
    "counter",
    "through_rounds_total",
    ["gateway_ip", "prober", "status"],
    "Rounds of probes beyond gateways by outcome: success or failure (-through)",
    "gateway",
  ),
  row(
    "counter",
    "through_round_failures_total",
    ["gateway_ip", "prober", "reason"],
    "Failed rounds of probes beyond gateways by reason",
    "gateway",
  ),
  row(
    "gauge",
    "through_loss_ratio",
    ["gateway_ip", "prober"],
    "Share of the probes through a gateway that had no good answer in the last minute or 12 rounds, whichever is longer; 0 to 1",
    "gateway",
  ),
  row(
    "gauge",
    "through_latency_median_seconds",
    ["gateway_ip", "prober"],
    "Median time of the answers through a gateway in the last minute or 12 rounds, whichever is longer; NaN without any",
    "gateway",
  ),
  row(
    "gauge",
    "through_target_at_fault",
    ["prober", "target"],
    "1 for a target that fails through every gateway while others answer, so that it is not counted; else 0",
    "gateway",
  ),
  row("counter", "ip_commands_total", ["status"], "Runs of ip: success or failure", "service"),
  row(
    "gauge",
    "gateway_public_ip_state",
    ["gateway_ip", "state"],
    "1 for the state of a gateway's public address: inactive, unknown, known or kept (look-ups fail)",
  ),
  row(
    "gauge",
    "gateway_leaking",
    ["gateway_ip"],
    "1 for a gateway whose packets come out at this router's own public address, else 0 (-exit-check)",
    "gateway",
  ),
  row(
    "counter",
    "exit_checks_total",
    ["gateway_ip", "status"],
    "Questions for a gateway's exit address: success or failure",
    "gateway",
  ),
  row(
    "counter",
    "ddns_errors_total",
    ["provider", "kind"],
    "Failures at the provider: passing, access (key or name), refused (by the provider) or quota",
  ),
  row(
    "gauge",
    "ddns_last_verified_time_seconds",
    ["provider"],
    "When the records were last read and correct, in seconds since 1970; 0 means never",
  ),
  row(
    "gauge",
    "ddns_shown_delay_seconds",
    ["provider"],
    "Time until the servers of -ddns-verify showed the newest records, after these were verified; absent before",
  ),
  row(
    "gauge",
    "ddns_on_duty",
    ["provider"],
    "1 while this machine holds the address of -ddns-require-ip-address, else 0; absent without it",
  ),
  row(
    "gauge",
    "ddns_not_shown",
    ["provider"],
    "Whether the servers of -ddns-verify lastingly show others than the newest records: 1 or 0",
  ),
  row(
    "counter",
    "hook_runs_total",
    ["hook", "status"],
    "Runs of a hook, command or webhook: success or failure",
    "service",
  ),
  row(
    "counter",
    "hook_dropped_total",
    ["hook", "reason"],
    "Notifications that were not delivered: superseded, full, given_up or stopped",
    "service",
  ),
  row(
    "gauge",
    "config_last_reload_successful",
    [],
    "Whether the configuration file was taken when it was read last (only with -config)",
    "service",
  ),
  row(
    "gauge",
    "config_last_reload_success_timestamp_seconds",
    [],
    "When the configuration file was taken last, in seconds since 1970 (only with -config)",
    "service",
  ),
];

/** The guide's table of metrics, with the labels in brackets that only pools with names, or of both families, have. */
export function metricsMarkdown(): string {
  const rows = METRICS.map(({ name, type, labels, help, scope, ofFamily }) => {
    const optional = [...(scope === "pool" ? ["(`pool`)"] : []), ...(ofFamily ? ["(`family`)"] : [])];
    const all = [...labels.map((label) => `\`${label}\``), ...optional];
    return `| \`${name}\` | ${type} | ${all.join(" ")} | ${help} |`;
  });
  return ["| Metric | Type | Labels | Meaning |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
