import { managedFamilies } from "../config/families.ts";
import { allAddresses, type Config, gatewayProbes } from "../config/model.ts";
import { firstProbers } from "../config/target-families.ts";
import type { Emit } from "../events/events.ts";
import { FAMILIES, type Family, familyOf } from "../net/address.ts";
import type { PoolEvent } from "../pool/events.ts";
import type { ProbeFailureCode } from "../probe/probe.ts";
import { OTHER } from "./bounded-labels.ts";
import type { Meters } from "./registry.ts";

type ProbeEvent = Extract<PoolEvent, { readonly type: "probe" }>;

/** `errors_total` has only the types of the earlier program. */
const ERROR_TYPES: Readonly<Partial<Record<ProbeFailureCode, string>>> = {
  timeout: "timeout",
  status: "invalid_response",
  content: "invalid_response",
  malformed: "invalid_response",
  "no-address": "invalid_response",
};

/** Counts what happens to the gateways, whatever pools use them. Series that queries rely on exist from the start. */
export function createGatewayMetrics(config: Config, meters: Meters, metersOf: (family: Family) => Meters): Emit {
  const own = new Set(gatewayProbes(config).map(({ name }) => name));
  /** The only prober of each gateway that has no other. */
  const only = firstProbers(config);
  const gateways = [...only.keys()];
  const { counter, gauge, begin } = meters;
  const errors = new Map(FAMILIES.map((family) => [family, metersOf(family).counter("errors_total")]));
  for (const type of ["network_error", "timeout", "invalid_response"]) {
    for (const family of managedFamilies(config)) errors.get(family)!.inc({ type }, 0);
  }
  const probes = new Map(gateways.map((gateway) => [gateway, createProbeMetrics(gateway, meters)]));
  const flaps = counter("gateway_flaps_total");
  for (const gateway of gateways) flaps.inc({ gateway_ip: gateway }, 0);
  for (const gateway of gateways) begin("gateway_drained", { gateway_ip: gateway }, 0);
  /** Whether the gateway itself was probed. */
  const isOwn = ({ gateway, prober }: ProbeEvent): boolean => own.has(prober ?? only.get(gateway)!);

  return (event) => {
    switch (event.type) {
      case "probe":
        probes.get(event.gateway)!(event, isOwn(event));
        if (event.result.kind === "failure") {
          errors.get(familyOf(event.gateway))!.inc({ type: ERROR_TYPES[event.result.code] ?? "network_error" });
        }
        break;
      case "adopted":
        for (const gateway of event.gateways) gauge("gateway_up").set({ gateway_ip: gateway }, 1);
        break;
      case "drained":
        for (const gateway of addressesBeside(event.gateway, config)) {
          gauge("gateway_drained").set({ gateway_ip: gateway }, event.drained ? 1 : 0);
        }
        break;
      case "gateway":
        gauge("gateway_up").set({ gateway_ip: event.gateway }, event.status === "up" ? 1 : 0);
        // A gateway that is down at its first probe has not flapped.
        if (event.before === "up") flaps.inc({ gateway_ip: event.gateway });
        break;
    }
  };
}

/** All addresses of a gateway, by one of them. */
function addressesBeside(gateway: string, { gateways }: Config): readonly string[] {
  return gateways.map(allAddresses).find((addresses) => addresses.includes(gateway)) ?? [];
}

/** The metrics of one gateway's probes, with bound labels: finding the series at each probe costs five times as much. */
function createProbeMetrics(gateway: string, { counter, gauge, histogram, begin, bounded }: Meters) {
  const label = { gateway_ip: gateway };
  const checks = counter("gateway_health_check_total");
  const outcome = {
    success: checks.labels({ ...label, status: "success" }),
    failure: checks.labels({ ...label, status: "failure" }),
  };
  const duration = histogram("gateway_health_check_duration_seconds").labels(label);
  const requestDuration = histogram("http_request_duration_seconds").labels(label);
  const failuresInRow = gauge("consecutive_failures_count").labels(label);
  const failuresBy = new Map<string | undefined, number>();
  const answers = new Map<number, { inc(): void }>();
  /** Answered probes with this status. */
  const answersWith = (status: number): { inc(): void } => {
    const found = answers.get(status);
    if (found) return found;
    const name = "http_requests_total";
    const labels = bounded(name, { ...label, status_code: String(status), method: "GET" });
    const made = counter(name).labels(labels);
    if (labels["status_code"] !== OTHER) answers.set(status, made);
    return made;
  };
  outcome.success.inc(0);
  outcome.failure.inc(0);
  begin("consecutive_failures_count", label, 0);

  /** @param own whether the gateway itself was probed: only its answers belong to the metrics of HTTP */
  return ({ result, failures, prober }: ProbeEvent, own: boolean): void => {
    outcome[result.kind].inc();
    duration.observe(result.seconds);
    failuresBy.set(prober, failures);
    failuresInRow.set(Math.max(...failuresBy.values()));
    if (result.kind === "failure") counter("probe_failures_total").inc({ ...label, reason: result.code });
    if (!own || result.status === undefined) return;
    requestDuration.observe(result.seconds);
    answersWith(result.status).inc();
  };
}
