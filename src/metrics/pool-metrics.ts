import type { PoolConfig } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { Meters } from "./registry.ts";

/** Counts what happens in a pool because of its gateways. Series that queries rely on exist from the start. */
export function createPoolMetrics({ gateways }: PoolConfig, { counter, gauge, histogram, begin }: Meters): Emit {
  gauge("gateway_total_count").set(gateways.length);
  begin("gateways_usable_count", {}, 0);
  for (const cause of ["own_link", "other"]) counter("gateways_failed_together_total").inc({ cause }, 0);
  return (event) => {
    switch (event.type) {
      case "gateway":
        gauge("gateway_active_count").set(event.up);
        break;
      case "cycle":
        gauge("gateway_active_count").set(event.up); // gateways adopted at the start are up without an event of their own
        counter("check_cycles_total").inc();
        histogram("check_cycle_duration_seconds").observe(event.seconds);
        break;
      case "usability":
        gauge("gateways_usable_count").set(event.usable);
        break;
      case "selection":
        gauge("gateways_held_count").set(event.held.length);
        gauge("gateways_kept_count").set(event.kept.length);
        gauge("gateways_standby_count").set(event.standby?.length ?? 0);
        gauge("gateways_drained_count").set(event.drained?.length ?? 0);
        break;
      case "tier":
        for (const { tier, usable } of event.counts) {
          const joins = event.shortage === "join" && tier < event.tier && usable > 0;
          gauge("gateway_tier_in_use").set({ tier: String(tier) }, tier === event.tier || joins ? 1 : 0);
        }
        break;
      case "failed-together":
        counter("gateways_failed_together_total").inc({ cause: event.links.length > 0 ? "own_link" : "other" });
        break;
    }
  };
}
