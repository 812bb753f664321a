import { publishedGateways } from "../config/look-ups.ts";
import type { Config } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { Meters } from "./registry.ts";

/** Counts look-ups of public addresses, which DNS names share. Series that queries rely on exist from the start. */
export function createLookUpMetrics({ pools }: Pick<Config, "pools">, { counter, histogram }: Meters): Emit {
  const published = publishedGateways(pools);
  for (const gateway of published) {
    for (const status of ["success", "failure"]) {
      counter("public_ip_fetch_total").inc({ gateway_ip: gateway, status }, 0);
    }
  }
  return (event) => {
    if (event.type === "public-ip" && published.has(event.gateway)) {
      counter("public_ip_fetch_total").inc({ gateway_ip: event.gateway, status: event.result.kind });
      histogram("public_ip_fetch_duration_seconds").observe({ gateway_ip: event.gateway }, event.result.seconds);
    } else if (event.type === "public-ip-changed" && event.from !== undefined) {
      counter("public_ip_changes_total").inc();
    }
  };
}
