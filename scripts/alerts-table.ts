import { alertRules } from "../src/cli/monitoring/documents.ts";

interface Rule {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

/** What the table shows in place of the labels in an alert's text. */
const EXAMPLES: Readonly<Record<string, string>> = {
  instance: "192.168.1.9:9090",
  gateway_ip: "192.168.1.10",
  hook: "command",
  kind: "access",
  target: "9.9.9.9",
};

/** The guide's table of alerts. */
export function alertsMarkdown(): string {
  const { groups } = Bun.YAML.parse(alertRules(1000)) as { groups: readonly { rules: readonly Rule[] }[] };
  const rows = groups
    .flatMap(({ rules }) => rules)
    .map(({ alert, labels, annotations, for: lasting = "" }) => {
      const text = annotations.summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => EXAMPLES[label]!);
      return `| \`${alert}\` | ${labels.severity} | ${text} | ${lasting} |`;
    });
  return ["| Alert | Severity | Says | After |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
