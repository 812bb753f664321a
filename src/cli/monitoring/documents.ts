import { formatDuration } from "../../net/duration.ts";
import alertsTemplate from "./alerts.yaml" with { type: "text" };
import dashboardTemplate from "./dashboard.json" with { type: "text" };
import { fill } from "./fill.ts";

/** The part of `-timeout` above which an answer is slow: GatewaySlow fires, and the dashboard turns orange. */
const SLOW = 0.5;

/**
 * The dashboard as Grafana imports it, from version 10 on, in JSON.
 *
 * @param timeout of a probe, in milliseconds: latencies are coloured by it
 */
export function dashboard(timeout: number): string {
  const template = dashboardTemplate as unknown as string; // TypeScript goes by the name of the file
  return fill(template, { SLOW_SECONDS: (timeout * SLOW) / 1000, TIMEOUT_SECONDS: timeout / 1000 });
}

/**
 * The alerts as a rule file of Prometheus, in YAML.
 *
 * @param timeout of a probe, in milliseconds: what is slow is measured by it
 */
export function alertRules(timeout: number): string {
  return fill(alertsTemplate, { SLOW_SECONDS: (timeout * SLOW) / 1000, TIMEOUT: formatDuration(timeout) });
}
