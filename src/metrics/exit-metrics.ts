import { addressesOf, type Config } from "../config/model.ts";
import { familiesWithoutExit } from "../config/target-families.ts";
import type { Emit } from "../events/events.ts";
import { familyOf } from "../net/address.ts";
import type { Meters } from "./registry.ts";

/** Counts what is found out about the exits of the gateways. Series that queries rely on exist from the start. */
export function createExitMetrics(config: Config, { counter, gauge, begin }: Meters): Emit {
  if (config.exitCheck.urls.length === 0) return () => {};
  const unasked = familiesWithoutExit(config);
  for (const gateway of addressesOf(config)) {
    if (unasked.includes(familyOf(gateway))) continue;
    begin("gateway_leaking", { gateway_ip: gateway }, 0);
    for (const status of ["success", "failure"]) counter("exit_checks_total").inc({ gateway_ip: gateway, status }, 0);
  }
  return (event) => {
    if (event.type === "exit") {
      counter("exit_checks_total").inc({ gateway_ip: event.gateway, status: event.result.kind });
    } else if (event.type === "gateway-leaks") {
      gauge("gateway_leaking").set({ gateway_ip: event.gateway }, event.leaking ? 1 : 0);
    }
  };
}
