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
  seed: "173",
};

/** The family as people read it. */
const IN_CAPITALS = '{{ . | reReplaceAll "^ip" "IP" }}';

type Labels = Readonly<Record<string, string | undefined>>;

/**
 * A text of an alert as Prometheus writes it, by the templates that these texts use.
 *
 * @param name of the gateway; undefined where it has none
 */
export function alertText(text: string, labels: Labels, { value = "", name }: { value?: string; name?: string } = {}) {
  return text
    .replaceAll(
      /\{\{ with printf .*? \| query \}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/g,
      (_, named: string, not: string) => (name === undefined ? not : named.replace(/\{\{ \. \| first .*? \}\}/, name)),
    )
    .replaceAll(/\{\{ with \$labels\.(\w+) \}\}(.*?)\{\{ end \}\}/g, (_, label: string, part: string) =>
      labels[label] === undefined
        ? ""
        : part.replace("{{ . }}", labels[label]).replace(IN_CAPITALS, labels[label].replace(/^ip/, "IP")),
    )
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "")
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, value);
}

/** The guide's table of alerts. */
export function alertsMarkdown(): string {
  const { groups } = Bun.YAML.parse(alertRules(1000)) as { groups: readonly { rules: readonly Rule[] }[] };
  const rows = groups
    .flatMap(({ rules }) => rules)
    .map(({ alert, labels, annotations, for: lasting = "" }) => {
      const text = alertText(annotations.summary, EXAMPLES, { value: "2" });
      return `| \`${alert}\` | ${labels.severity} | ${text} | ${lasting} |`;
    });
  return ["| Alert | Severity | Says | After |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
