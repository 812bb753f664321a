import type { PoolConfig } from "../config/parse.ts";
import { formatDuration } from "../net/duration.ts";
import type { Report } from "../http/server.ts";
import type { Emit } from "../events/events.ts";
import { steadyNow } from "../time/clock.ts";

/** Whether the service does its work, as far as its events show. */
export interface Liveness {
  readonly record: Emit;
  report(): Report;
}

/** Alive means that probes come to an end; a gateway that never answers is no reason to restart the service. */
export function createLiveness({ checkPeriod, timeout }: Pick<PoolConfig, "checkPeriod" | "timeout">): Liveness {
  const limit = 3 * (checkPeriod + timeout) + 10_000;
  let lastProbe = steadyNow();
  return {
    record(event) {
      if (event.type === "probe") lastProbe = steadyNow();
    },
    report() {
      const silence = steadyNow() - lastProbe;
      return silence < limit
        ? { ok: true, why: "probes are running" }
        : { ok: false, why: `no probe has ended for ${formatDuration(Math.round(silence))}` };
    },
  };
}
