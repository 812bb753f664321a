import type { ServiceConfig } from "../config/parse.ts";
import type { Emit } from "../events/events.ts";
import type { Meters } from "./registry.ts";

/** Counts what the hooks did. Series that queries rely on stand from the start, for the hooks that there are. */
export function createHookMetrics({ onChange, webhookUrl }: ServiceConfig, { counter }: Meters): Emit {
  for (const hook of [onChange && "command", webhookUrl && "webhook"]) {
    if (hook === undefined) continue;
    for (const status of ["success", "failure"]) counter("hook_runs_total").inc({ hook, status }, 0);
    for (const reason of ["superseded", "full", "given_up"]) counter("hook_dropped_total").inc({ hook, reason }, 0);
  }

  return (event) => {
    switch (event.type) {
      case "hook-run":
        counter("hook_runs_total").inc({
          hook: event.way,
          status: event.problem === undefined ? "success" : "failure",
        });
        break;
      case "hook-dropped":
        counter("hook_dropped_total").inc({ hook: event.way, reason: event.reason.replace(" ", "_") }, event.count);
        break;
    }
  };
}
