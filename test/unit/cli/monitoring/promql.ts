import { METRICS, type MetricRow } from "../../../../src/metrics/table.ts";

/** Metrics that prom-client and Prometheus add. */
const OTHERS = ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "up"];

/** Labels that Prometheus adds to every series. */
const TARGET = ["instance", "job"];

const rowOf = (name: string): MetricRow | undefined =>
  METRICS.find((row) => name === (row.type === "histogram" ? `${row.name}_bucket` : row.name));

/** The names of a query, without operators, functions and labels. */
function metricsIn(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|'[^']*'/g, "")
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, "");
  const names = [...bare.matchAll(/(?<![\w$.])[a-z_]\w*(?![\w]|\s*\()/g)].map(([name]) => name);
  return names.filter((name) => !/^(and|or|unless|bool|by|on)$/.test(name));
}

/** The labels that the metrics of a query have. */
export function labelsOf(expr: string): readonly string[] {
  const rows = metricsIn(expr).flatMap((name) => rowOf(name) ?? []);
  return [...TARGET, ...rows.flatMap(labelsOfRow)];
}

function labelsOfRow({ type, labels, scope, ofFamily }: MetricRow): readonly string[] {
  const ofName = labels.includes("provider") ? ["hostname"] : [];
  const origin = [...(scope === "pool" ? ["pool"] : []), ...(ofFamily ? ["family"] : []), ...ofName];
  return [...labels, ...(type === "histogram" ? ["le"] : []), ...origin];
}

/** Whether the metrics of a query have a series for each family. */
export function isOfFamily(expr: string): boolean {
  return metricsIn(expr).some((name) => rowOf(name)?.ofFamily);
}

/** What the metrics of a query describe: the service, a gateway or a pool. */
export function scopesOf(expr: string): ReadonlySet<MetricRow["scope"]> {
  return new Set(metricsIn(expr).flatMap((name) => rowOf(name)?.scope ?? []));
}

/**
 * What a query names and the service does not have: metrics, labels, and values of labels that the help text of the metric
 * does not list.
 */
export function strangersIn(expr: string): readonly string[] {
  const metrics = metricsIn(expr).filter((name) => !rowOf(name) && !OTHERS.includes(name));
  const lists = [...expr.matchAll(/\b(?:by|without|on|group_left)\s*\(([^)]*)\)/g)];
  const grouped = lists.flatMap(([, list]) => list!.split(",").map((label) => label.trim())).filter(Boolean);
  const selectors = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)];
  return [
    ...metrics,
    ...grouped.filter((label) => !labelsOf(expr).includes(label)),
    ...selectors.flatMap(([, name, matchers]) => strangeMatchers(name!, matchers!)),
  ];
}

function strangeMatchers(name: string, matchers: string): readonly string[] {
  return [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*'([^']*)'/g)].flatMap(([, label, value]) => {
    const unknown = labelsOf(name).includes(label!)
      ? valuesOf(value!).filter((one) => !isListed(name, label!, one))
      : [value];
    return unknown.map((one) => `${name}{${label}='${one}'}`);
  });
}

/** The alternatives of a matcher; a variable of Grafana has none. */
const valuesOf = (value: string): readonly string[] => (value.startsWith("$") ? [] : value.split("|").filter(Boolean));

function isListed(name: string, label: string, value: string): boolean {
  const listed = label === "status" ? "success or failure" : rowOf(name)?.help;
  return TARGET.includes(label) || listed!.includes(value);
}
