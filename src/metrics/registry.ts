import { Counter, Gauge, Histogram, type Registry } from "prom-client";

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
}

/** The metrics of the service as a whole, and those of each pool. */
export interface AllMeters {
  readonly service: Meters;
  /** Of a pool with a name, every series has the label `pool`. */
  ofPool(pool: string | undefined): Meters;
  /** Removes all series but those that are to be kept, by their labels and the row of their metric. */
  prune(isKept: (labels: Labels, row: MetricRow) => boolean): Promise<void>;
}

const ROWS = new Map(METRICS.map((row) => [row.name, row]));

/** Stands for all metrics of a pool that have a value from the start. */
const FIRST = "gateway_total_count";

const OF_FILE = /^config_/;

type Metric = Counter | Gauge | Histogram;

/**
 * Makes every metric of the table in this registry.
 *
 * @param named whether pools have names; only then are there labels for them
 * @param hasFile whether there is a configuration file; without one, nothing shows what came of it
 */
export function register(registry: Registry, named: boolean, hasFile = false): AllMeters {
  const kinds = { counter: Counter, gauge: Gauge, histogram: Histogram };
  const metrics = new Map<string, Metric>(
    METRICS.filter(({ name }) => hasFile || !OF_FILE.test(name)).map(({ type, name, help, labels, scope }) => {
      const labelNames = named && scope === "pool" ? [...labels, "pool"] : [...labels];
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
  const service: Meters = { counter: find, gauge: find, histogram: find, begin };
  return {
    service,
    ofPool(pool) {
      if (pool === undefined) return service;
      if (begins(FIRST, { pool })) startAtZero(service, pool);
      const findOfPool = <T>(name: string): T => withPool(metrics.get(name)!, pool) as T;
      return {
        ...{ counter: findOfPool, gauge: findOfPool, histogram: findOfPool },
        begin: (name, labels, value) => begin(name, { ...labels, pool }, value),
      };
    },
    async prune(isKept) {
      for (const [key, { name, labels }] of begun) if (!isKept(labels, ROWS.get(name)!)) begun.delete(key);
      for (const [name, metric] of metrics) await pruneMetric(metric, (labels) => isKept(labels, ROWS.get(name)!));
    },
  };
}

async function pruneMetric(metric: Metric, isKept: (labels: Labels) => boolean): Promise<void> {
  const { values } = await metric.get();
  for (const { labels } of values) {
    const { le: _, ...own } = labels as Record<string, string>; // a histogram has it besides
    if (!isKept(own)) metric.remove(own);
  }
}

/** A metric without other labels has a value from the start, as prom-client gives it to metrics without any. */
function startAtZero({ counter, gauge, histogram }: Meters, pool: string): void {
  for (const { name, type, labels, scope } of METRICS) {
    if (scope !== "pool" || labels.length > 0) continue;
    if (type === "counter") counter(name).inc({ pool }, 0);
    else if (type === "gauge") gauge(name).set({ pool }, 0);
    else (histogram(name) as Histogram).zero({ pool });
  }
}

type Write = (labelsOrValue?: Labels | number, value?: number) => void;

/** A metric whose every series has the label of a pool. */
function withPool(metric: Metric, pool: string) {
  const writes = metric as unknown as Readonly<Record<"inc" | "set" | "observe", Write>>;
  const write =
    (method: keyof typeof writes): Write =>
    (first, value) =>
      typeof first === "object" ? writes[method]({ ...first, pool }, value) : writes[method]({ pool }, first);
  return {
    inc: write("inc"),
    set: write("set"),
    observe: write("observe"),
    labels: (labels: Labels) => metric.labels({ ...labels, pool }),
  };
}
