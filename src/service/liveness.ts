import { type PoolConfig, probesGateways } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import { formatDuration } from "../net/duration.ts";
import type { Report } from "../status/schema.ts";
import { steadyNow } from "../time/clock.ts";

/** Whether the service does its work, judged by its events. */
export interface Liveness {
  readonly record: Emit;
  report(): Report;
}

type Timing = Pick<
  PoolConfig,
  "name" | "checkPeriod" | "timeout" | "through" | "throughOnly" | "throughPeriod" | "throughTimeout"
>;

/** The service is alive while probes of every pool end, also without an answer: that is no reason to restart it. */
export function createLiveness(pools: readonly Timing[]): Liveness {
  const limits = pools.map((pool) => {
    const { name, checkPeriod, timeout, throughPeriod, throughTimeout } = pool;
    const longest = probesGateways(pool) ? checkPeriod + timeout : throughPeriod + throughTimeout;
    return [name, 3 * longest + 10_000] as const;
  });
  const lastProbe = new Map(pools.map(({ name }) => [name, steadyNow()]));
  return {
    record(event) {
      if (event.type === "probe") lastProbe.set(event.pool, steadyNow());
    },
    report() {
      for (const [name, limit] of limits) {
        const silence = steadyNow() - lastProbe.get(name)!;
        if (silence < limit) continue;
        const where = name === undefined ? "" : ` in pool ${name}`;
        return { ok: false, why: `no probe has ended${where} for ${formatDuration(Math.round(silence))}` };
      }
      return { ok: true, why: "probes are running" };
    },
  };
}
