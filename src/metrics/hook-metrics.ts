import type { ServiceConfig } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { Meters } from "./registry.ts";

/** Counts what the hooks do. Series that queries rely on exist from the start, for the hooks that are configured. */
export function createHookMetrics({ onChange, webhookUrl }: ServiceConfig, { counter }: Meters): Emit {
  for (const hook of [onChange && "command", webhookUrl && "webhook"]) {
    if (hook === undefined) continue;
    for (const status of ["success", "failure"]) counter("hook_runs_total").inc({ hook, status }, 0);
    for (const reason of ["superseded", "full", "given_up"]) counter("hook_dropped_total").inc({ hook, reason }, 0);
  }

  return (event) => {
    switch (event.type) {
      case "hook-run": {
        const status = event.problem === undefined ? "success" : "failure";
        counter("hook_runs_total").inc({ hook: event.channel, status });
        break;
      }
      case "hook-dropped":
        counter("hook_dropped_total").inc({ hook: event.channel, reason: event.reason }, event.count);
        break;
    }
  };
}
