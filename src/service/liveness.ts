import { type Config, usedProbes } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import { formatDuration } from "../net/duration.ts";
import type { Report } from "../status/schema.ts";
import { steadyNow } from "../time/clock.ts";

/** Whether the service does its work, judged by its events. */
export interface Liveness {
  readonly record: Emit;
  /** From now on these are the probes. */
  reload(config: Probed): void;
  report(): Report;
}

type Probed = Pick<Config, "gateways" | "probes">;

/**
 * The service is alive while probes end, also without an answer: that is no reason to restart it. The first kind of probe
 * sets the pace: that of the gateways themselves, where they are probed.
 */
export function createLiveness(config: Probed): Liveness {
  let limit = limitOf(config);
  let lastProbe = steadyNow();
  return {
    record(event) {
      if (event.type === "probe") lastProbe = steadyNow();
    },
    reload(changed) {
      limit = limitOf(changed);
      lastProbe = steadyNow();
    },
    report() {
      const silence = steadyNow() - lastProbe;
      if (silence < limit) return { ok: true, why: "probes are running" };
      return { ok: false, why: `no probe has ended for ${formatDuration(Math.round(silence))}` };
    },
  };
}

/** The longest silence, in milliseconds. */
function limitOf(config: Probed): number {
  const [first] = usedProbes(config);
  return 3 * (first!.period + first!.timeout) + 10_000;
}
