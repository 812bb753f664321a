import { COLOURS, type Draft, graph, stat, type Steps, table, timeline, words } from "./grafana.ts";
import { LIMITS } from "./limits.ts";
import { happened, happenedInAll, of, ofGateways, percentile, rate, sum } from "./queries.ts";

const { good, doubtful, bad } = COLOURS;
const UP_OR_DOWN = words({ "0": ["down", bad], "1": ["up", good] });

/** 0 while no gateway carries traffic, 2 while all of them are up and carry some, else 1. */
const verdict = (() => {
  const [used, up, all] = ["default_route_gateways_count", "gateway_active_count", "gateway_total_count"].map(
    (metric) => of(metric),
  );
  return `(${used} > bool 0) + (${used} == bool ${all}) * (${up} == bool ${all})`;
})();

/** How the whole is, at a glance. */
export const overview: readonly Draft[] = [
  stat({
    title: "Verdict",
    description:
      "healthy: every gateway is up and in the kernel's routes. degraded: some are. down: no gateway carries traffic.",
    size: [4, 4],
    queries: [["", verdict]],
    mappings: words({ "0": ["down", bad], "1": ["degraded", doubtful], "2": ["healthy", good] }),
    noValue: "no answer",
  }),
  stat({
    title: "Gateways",
    description: "How many gateways are up, and how many there are.",
    size: [5, 4],
    queries: [
      ["up", of("gateway_active_count")],
      ["of", of("gateway_total_count")],
    ],
  }),
  stat({
    title: "In the kernel",
    description: "How many gateways the managed routes have, as last read back from the kernel.",
    size: [3, 4],
    queries: [["", of("default_route_gateways_count")]],
    steps: [bad, [1, good]],
  }),
  stat({
    title: "Kernel verified",
    description: "How long ago the kernel was last read and held what it should. It is read every 15 seconds at least.",
    size: [3, 4],
    unit: "s",
    decimals: 0,
    queries: [["", `time() - (${of("routing_last_verified_time_seconds")} > 0)`]],
    steps: [good, [LIMITS.unverifiedSeconds, bad]],
    noValue: "never",
  }),
  stat({
    title: "Flaps",
    description: "Changes of gateways from up to down in the time shown.",
    size: [3, 4],
    decimals: 0,
    queries: [["", sum(happenedInAll(of("gateway_flaps_total")))]],
    steps: [good, [1, doubtful]],
  }),
  stat({
    title: "Running for",
    description: "Time since the service started.",
    size: [3, 4],
    unit: "s",
    decimals: 0,
    queries: [["", of("application_uptime_seconds")]],
  }),
  stat({
    title: "Version",
    description: "The version of the program and the commit it was built from.",
    size: [3, 4],
    queries: [["{{version}} ({{commit}})", of("build_info")]],
    names: true,
  }),
];

/** @param timeout of a probe, in seconds */
export function gateways(timeout: number): readonly Draft[] {
  const slow: Steps = [good, [timeout * LIMITS.slow.share, doubtful], [timeout, bad]];
  return [
    timeline({
      title: "State of each gateway",
      description: "Up and down over time; a gap is a time without the service.",
      size: [24, 10],
      query: ["{{gateway_ip}}", ofGateways("gateway_up")],
      mappings: UP_OR_DOWN,
    }),
    table({
      title: "Gateways now",
      description: "Latencies are those of answered probes. Failures and flaps are counted over the time shown.",
      size: [24, 10],
      key: ["gateway_ip", "Gateway"],
      columns: [
        { head: "State", expr: sum(ofGateways("gateway_up"), "gateway_ip"), mappings: UP_OR_DOWN },
        { head: "p50", expr: latency(50), unit: "s", steps: slow },
        { head: "p95", expr: latency(95), unit: "s", steps: slow },
        {
          head: "Failed probes",
          expr: sum(happenedInAll(ofGateways("gateway_health_check_total", "status='failure'")), "gateway_ip"),
          decimals: 0,
        },
        {
          head: "Failures in a row",
          expr: sum(ofGateways("consecutive_failures_count"), "gateway_ip"),
          steps: [good, [1, doubtful]],
        },
        { head: "Flaps", expr: sum(happenedInAll(ofGateways("gateway_flaps_total")), "gateway_ip"), decimals: 0 },
      ],
    }),
    graph({
      title: "Probe latency, p50",
      description: "Half of a gateway's probes were answered within this time.",
      size: [12, 9],
      unit: "s",
      queries: [["{{gateway_ip}}", latency(50)]],
      steps: slow,
      many: true,
    }),
    graph({
      title: "Probe latency, p95",
      description: "95 of 100 of a gateway's probes were answered within this time. Above -timeout a probe fails.",
      size: [12, 9],
      unit: "s",
      queries: [["{{gateway_ip}}", latency(95)]],
      steps: slow,
      many: true,
    }),
    graph({
      title: "Failed probes by reason",
      description: "Of all gateways together.",
      size: [8, 8],
      unit: "cps",
      queries: [["{{reason}}", sum(rate(ofGateways("probe_failures_total")), "reason")]],
      shape: "stack",
    }),
    graph({
      title: "Answers by HTTP status",
      description: "Every answer but one of 200 to 299 is a failed probe.",
      size: [8, 8],
      unit: "cps",
      queries: [["{{status_code}}", sum(rate(ofGateways("http_requests_total")), "status_code")]],
      shape: "stack",
    }),
    graph({
      title: "Flaps",
      description: "Changes of a gateway from up to down, and times when all failed in the same moment.",
      size: [8, 8],
      queries: [
        ["{{gateway_ip}}", `${happened(ofGateways("gateway_flaps_total"))} > 0`],
        ["all at once ({{cause}})", `${happened(of("gateways_failed_together_total"))} > 0`],
      ],
      shape: "bars",
    }),
  ];
}

const latency = (percent: number): string =>
  percentile(percent, ofGateways("http_request_duration_seconds"), "gateway_ip");
