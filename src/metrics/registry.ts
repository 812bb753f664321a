import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import { same } from "../config/difference.ts";
import { boundedLabels } from "./bounded-labels.ts";
import { type MetricRow, METRICS } from "./table.ts";

type Labels = Readonly<Record<string, string>>;

/** The calls of prom-client's metrics that are used here. `labels` finds a series once, for frequent writes. */
interface CounterMeter {
  inc(labels: Labels, value?: number): void;
  inc(value?: number): void;
  labels(labels: Labels): { inc(value?: number): void };
}

interface GaugeMeter {
  set(labels: Labels, value: number): void;
  set(value: number): void;
  labels(labels: Labels): { set(value: number): void };
}

interface HistogramMeter {
  observe(labels: Labels, value: number): void;
  observe(value: number): void;
  labels(labels: Labels): { observe(value: number): void };
}

/** Finds metrics of the table by their names. */
export interface Meters {
  counter(name: string): CounterMeter;
  gauge(name: string): GaugeMeter;
  /** Gives a series of a gauge its first value, unless it has one already. */
  begin(name: string, labels: Labels, value: number): void;
  histogram(name: string): HistogramMeter;
  /** The labels of a series of a metric whose row names a label with values from outside (`foreign`). */
  bounded(name: string, labels: Labels): Labels;
}

/** What series can be of: a pool with a name, one of the families where both are routed, and one of several DNS names of a pool. */
export type Origin = Readonly<Partial<Record<"pool" | "family" | "hostname", string | undefined>>>;

/** The metrics of the service as a whole, and those of each pool. */
export interface AllMeters {
  readonly service: Meters;
  /** Every series has the labels of its origin, as far as the registry and the metric have them. */
  of(origin: Origin): Meters;
  /** Gives series of gauges the values of others, unless they have one besides 0; by labels, and the row of the metric. */
  carry(fromTo: (labels: Labels, row: MetricRow) => Labels | undefined): Promise<void>;
  /** Removes all series but those that are to be kept, by their labels and the row of their metric. */
  prune(isKept: (labels: Labels, row: MetricRow) => boolean): Promise<void>;
}

/** Which labels there are besides those of each metric. */
export interface Origins {
  /** Whether pools have names. */
  readonly named: boolean;
  /** Whether both families are routed. */
  readonly both: boolean;
}

const ROWS = new Map(METRICS.map((row) => [row.name, row]));

const OF_FILE = /^config_/;

type Metric = Counter | Gauge | Histogram;

/**
 * Makes every metric of the table in this registry.
 *
 * @param hasFile whether there is a configuration file; without one, nothing shows what came of it
 */
export function register(registry: Registry, origins: Origins, hasFile = false): AllMeters {
  const kinds = { counter: Counter, gauge: Gauge, histogram: Histogram };
  const rows = METRICS.filter(({ name }) => hasFile || !OF_FILE.test(name));
  const metrics = new Map<string, Metric>(
    rows.map((row) => {
      const { type, name, help, labels } = row;
      const labelNames = [...labels, ...originLabels(row, origins)];
      return [name, new kinds[type]({ name, help, labelNames, registers: [registry] })];
    }),
  );
  const find = <T>(name: string): T => metrics.get(name) as T;
  const begun = new Map<string, { readonly name: string; readonly labels: Labels }>();
  /** Whether these series had no first value before. */
  const begins = (name: string, labels: Labels): boolean => {
    const key = JSON.stringify([name, labels]);
    return !begun.has(key) && begun.set(key, { name, labels }) !== undefined;
  };
  const begin: Meters["begin"] = (name, labels, value) => {
    if (begins(name, labels)) service.gauge(name).set(labels, value);
  };
  const { bounded, prune: pruneBounded } = boundedLabels((name) => ROWS.get(name)!.foreign);
  const service: Meters = { counter: find, gauge: find, histogram: find, begin, bounded };
  const startAtZero = (row: MetricRow, origin: Labels): void => {
    const isWhole = Object.keys(origin).length === originLabels(row, origins).length;
    const isPlain = row.scope === "pool" && row.labels.length === 0;
    if (isPlain && isWhole && begins(row.name, origin)) zero(metrics.get(row.name)!, origin);
  };
  return {
    service,
    of(origin) {
      const labelsOf = (name: string): Labels => pick(origin, originLabels(ROWS.get(name)!, origins));
      for (const row of rows) if (originLabels(row, origins).length > 0) startAtZero(row, labelsOf(row.name));
      const findOf = <T>(name: string): T => withLabels(metrics.get(name)!, labelsOf(name)) as T;
      return {
        ...{ counter: findOf, gauge: findOf, histogram: findOf, bounded },
        begin: (name, labels, value) => begin(name, { ...labels, ...labelsOf(name) }, value),
      };
    },
    async carry(fromTo) {
      for (const [name, metric] of metrics) {
        if (metric instanceof Gauge) await carryValues(metric, (labels) => fromTo(labels, ROWS.get(name)!));
      }
    },
    async prune(isKept) {
      for (const [key, { name, labels }] of begun) if (!isKept(labels, ROWS.get(name)!)) begun.delete(key);
      pruneBounded((name, labels) => isKept(labels, ROWS.get(name)!));
      for (const [name, metric] of metrics) await pruneMetric(metric, (labels) => isKept(labels, ROWS.get(name)!));
    },
  };
}

/** The labels for the origin of its series that a metric has. */
function originLabels({ scope, ofFamily, labels }: MetricRow, { named, both }: Origins): (keyof Origin)[] {
  return [
    ...(named && scope === "pool" ? (["pool"] as const) : []),
    ...(both && ofFamily ? (["family"] as const) : []),
    ...(labels.includes("provider") ? (["hostname"] as const) : []),
  ];
}

function pick(origin: Origin, labels: readonly (keyof Origin)[]): Labels {
  return Object.fromEntries(labels.flatMap((label) => (origin[label] === undefined ? [] : [[label, origin[label]]])));
}

async function pruneMetric(metric: Metric, isKept: (labels: Labels) => boolean): Promise<void> {
  const { values } = await metric.get();
  for (const { labels } of values) {
    const { le: _, ...own } = labels as Record<string, string>; // a histogram has it besides
    if (!isKept(own)) metric.remove(own);
  }
}

async function carryValues(gauge: Gauge, fromTo: (labels: Labels) => Labels | undefined): Promise<void> {
  const { values } = await gauge.get();
  for (const { labels, value } of values) {
    const to = fromTo(labels as Labels);
    if (to && values.some((one) => one.value === 0 && same(one.labels, to))) gauge.set(to, value);
  }
}

/** A metric without other labels has a value from the start, as prom-client gives it to metrics without any. */
function zero(metric: Metric, labels: Labels): void {
  if (metric instanceof Histogram) metric.zero(labels);
  else metric.inc(labels, 0);
}

type Write = (labelsOrValue?: Labels | number, value?: number) => void;

/** A metric whose every series has these labels. */
function withLabels(metric: Metric, origin: Labels) {
  if (Object.keys(origin).length === 0) return metric;
  const writes = metric as unknown as Readonly<Record<"inc" | "set" | "observe", Write>>;
  const write =
    (method: keyof typeof writes): Write =>
    (first, value) =>
      typeof first === "object" ? writes[method]({ ...first, ...origin }, value) : writes[method](origin, first);
  return {
    inc: write("inc"),
    set: write("set"),
    observe: write("observe"),
    labels: (labels: Labels) => metric.labels({ ...labels, ...origin }),
  };
}
