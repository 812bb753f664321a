import type { ServiceConfig } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { Meters } from "./registry.ts";

/** Shows whether the configuration file was taken the last time; nothing without a file. */
export function createReloadMetrics({ config }: ServiceConfig, { gauge, begin }: Meters): Emit {
  if (config === undefined) return () => {};
  begin("config_last_reload_successful", {}, 1);
  begin("config_last_reload_success_timestamp_seconds", {}, Date.now() / 1000);
  return (event) => {
    if (event.type !== "reload") return;
    const isTaken = event.problems.length === 0;
    gauge("config_last_reload_successful").set(isTaken ? 1 : 0);
    if (isTaken) gauge("config_last_reload_success_timestamp_seconds").set(Date.now() / 1000);
  };
}
