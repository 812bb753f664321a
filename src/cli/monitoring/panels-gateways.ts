import { COLOURS, type Draft, type Steps, words } from "./grafana.ts";
import { graph } from "./graph.ts";
import { LIMITS } from "./limits.ts";
import { happened, happenedInAll, of, ofGateways, percentile, rate, sum } from "./queries.ts";
import { table } from "./table.ts";
import { timeline } from "./timeline.ts";

const { good, doubtful, bad } = COLOURS;
const UP_OR_DOWN = words({ "0": ["down", bad], "1": ["up", good] });

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
