import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import { METRICS } from "./table.ts";

/** Finds the metrics of the table. */
export interface Meters {
  counter(name: string): Counter;
  gauge(name: string): Gauge;
  histogram(name: string): Histogram;
}

/** Makes every metric of the table in this registry. */
export function register(registry: Registry): Meters {
  const kinds = { counter: Counter, gauge: Gauge, histogram: Histogram };
  const made = new Map(
    METRICS.map(({ type, name, help, labels }) => {
      return [name, new kinds[type]({ name, help, labelNames: [...labels], registers: [registry] })] as const;
    }),
  );
  const find = <T>(name: string): T => made.get(name) as T;
  return { counter: find, gauge: find, histogram: find };
}
