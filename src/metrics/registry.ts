import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import { METRICS } from "./table.ts";

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
  histogram(name: string): HistogramMeter;
}

/** The metrics of the service as a whole, and those of each pool. */
export interface AllMeters {
  readonly service: Meters;
  /** Of a pool with a name, every series has the label `pool`. */
  ofPool(pool: string | undefined): Meters;
}

type Metric = Counter | Gauge | Histogram;

/**
 * Makes every metric of the table in this registry.
 *
 * @param named whether pools have names; only then are there labels for them
 */
export function register(registry: Registry, named: boolean): AllMeters {
  const kinds = { counter: Counter, gauge: Gauge, histogram: Histogram };
  const metrics = new Map<string, Metric>(
    METRICS.map(({ type, name, help, labels, scope }) => {
      const labelNames = named && scope === "pool" ? [...labels, "pool"] : [...labels];
      return [name, new kinds[type]({ name, help, labelNames, registers: [registry] })];
    }),
  );
  const find = <T>(name: string): T => metrics.get(name) as T;
  const service: Meters = { counter: find, gauge: find, histogram: find };
  return {
    service,
    ofPool(pool) {
      if (pool === undefined) return service;
      startAtZero(service, pool);
      const findOfPool = <T>(name: string): T => withPool(metrics.get(name)!, pool) as T;
      return { counter: findOfPool, gauge: findOfPool, histogram: findOfPool };
    },
  };
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
