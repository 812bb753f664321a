/** A metric of the router that the dashboard shows, with these matchers besides. */
export function of(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${["instance='$instance'", ...matchers].join(", ")}}`;
}

/** The same, of the gateways that the dashboard shows. */
export function ofGateways(metric: string, ...matchers: readonly string[]): string {
  return of(metric, "gateway_ip=~'$gateway'", ...matchers);
}

/** How often something happens in a second. */
export const rate = (series: string): string => `rate(${series}[$__rate_interval])`;

/** How often something happened in a step of the graph. */
export const happened = (series: string): string => `increase(${series}[$__rate_interval])`;

/** How often something happened in all the time that is shown. */
export const happenedInAll = (series: string): string => `increase(${series}[$__range])`;

export const sum = (series: string, ...labels: readonly string[]): string =>
  labels.length === 0 ? `sum(${series})` : `sum by (${labels.join(", ")}) (${series})`;

/** The value that so many of a hundred observations of a histogram do not exceed, for each value of the labels. */
export function percentile(percent: number, histogram: string, ...labels: readonly string[]): string {
  const buckets = histogram.replace("{", "_bucket{");
  return `histogram_quantile(${percent / 100}, ${sum(rate(buckets), "le", ...labels)})`;
}
