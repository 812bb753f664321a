import { formatDuration } from "../../net/duration.ts";
import { type Alert, GATEWAY, ROUTER } from "./alert.ts";
import { aboutDdns } from "./alerts-ddns.ts";
import { aboutGateways } from "./alerts-gateways.ts";
import { aboutRoutes } from "./alerts-routes.ts";
import { aboutService } from "./alerts-service.ts";
import { JOB } from "./limits.ts";

/** A rule file as Prometheus reads it. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: Alert["severity"] };
  readonly annotations: { readonly summary: string; readonly description: string; readonly remedy: string };
}

/** @param timeout of a probe, in milliseconds: what is slow is measured by it */
export function alerts(timeout: number): readonly Alert[] {
  return [...aboutService, ...aboutGateways(timeout), ...aboutRoutes, ...aboutDdns];
}

/** All alerts as a rule file. */
export function ruleFile(timeout: number): RuleFile {
  const rules = alerts(timeout).map(({ name, severity, watch, fires, for: lasting, summary, description, remedy }) => ({
    alert: name,
    expr: `${watch} ${fires}`,
    ...(lasting !== undefined && { for: lasting }),
    labels: { severity },
    annotations: { summary, description, remedy },
  }));
  return { groups: [{ name: JOB, rules }] };
}

/** What a person has to know of the rule file. */
export function ruleNotes(timeout: number): string[] {
  return [
    "For a file that rule_files of prometheus.yml names. Each alert has a summary, a description and a remedy.",
    `GatewaySlow goes by -timeout ${formatDuration(timeout)}: print this again with the flags of the service if that is another.`,
  ];
}

/** The README's table of alerts, with texts as they read when a service has its defaults. */
export function alertsMarkdown(): string {
  const rows = alerts(1000).map(({ name, severity, summary, for: lasting = "" }) => {
    const text = summary.replaceAll(ROUTER, "192.168.1.9:9090").replaceAll(GATEWAY, "192.168.1.10");
    return `| \`${name}\` | ${severity} | ${text.replace(/\{\{.*\}\}/, "access")} | ${lasting} |`;
  });
  return ["| Alert | Severity | Says | After |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
