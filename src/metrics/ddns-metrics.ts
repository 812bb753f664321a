import type { DnsNameConfig, PoolConfig } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { AddressState } from "../ddns/events.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import type { Meters } from "./registry.ts";

const STATES: readonly AddressState[] = ["inactive", "unknown", "known", "kept"];

/** Shows what is known of the public addresses of a pool, which its DNS names need. */
export function createAddressMetrics({ gateways, dnsNames }: PoolConfig, { gauge, begin }: Meters): Emit {
  if (dnsNames.length === 0) {
    gauge("unique_public_ips_count").set(0); // a reload may have taken the names away
    return () => {};
  }
  const setState = (gateway: string, now: AddressState): void => {
    for (const state of STATES) {
      gauge("gateway_public_ip_state").set({ gateway_ip: gateway, state }, state === now ? 1 : 0);
    }
  };
  for (const gateway of gateways) {
    for (const state of STATES) {
      begin("gateway_public_ip_state", { gateway_ip: gateway, state }, state === "inactive" ? 1 : 0);
    }
  }
  return (event) => {
    if (event.type === "public-ip-state") setState(event.gateway, event.state);
    else if (event.type === "public-ip-count") gauge("unique_public_ips_count").set(event.count);
  };
}

/** Counts what happens to a DNS name. Series that queries rely on exist from the start. */
export function createDdnsMetrics(
  {
    ddnsProvider,
    ddnsVerify,
    ddnsRequireIpAddress,
  }: Pick<DnsNameConfig, "ddnsProvider" | "ddnsVerify" | "ddnsRequireIpAddress">,
  { counter, gauge, histogram, begin }: Meters,
): Emit {
  const provider = PROVIDERS[ddnsProvider].label;
  for (const status of ["success", "failure"]) counter("ddns_updates_total").inc({ provider, status }, 0);
  for (const reason of ["required_ip_not_found", "no_change"]) {
    counter("ddns_updates_skipped_total").inc({ provider, reason }, 0);
  }
  for (const kind of ["passing", "access", "refused", "quota"]) {
    counter("ddns_errors_total").inc({ provider, kind }, 0);
  }
  begin("ddns_last_verified_time_seconds", { provider }, 0);
  if (ddnsRequireIpAddress !== undefined) begin("ddns_on_duty", { provider }, 0);
  if (ddnsVerify !== undefined) begin("ddns_not_shown", { provider }, 0);

  return (event) => {
    switch (event.type) {
      case "ddns-update":
        counter("ddns_updates_total").inc({ provider, status: event.error === undefined ? "success" : "failure" });
        histogram("ddns_update_duration_seconds").observe({ provider }, event.seconds);
        break;
      case "ddns-write-gate":
        gauge("ddns_on_duty").set({ provider }, event.allowed ? 1 : 0);
        break;
      case "ddns-skipped":
        counter("ddns_updates_skipped_total").inc({ provider, reason: event.reason });
        break;
      case "ddns-verified":
        gauge("ddns_last_verified_time_seconds").set({ provider }, Date.now() / 1000);
        break;
      case "ddns-shown":
        gauge("ddns_shown_delay_seconds").set({ provider }, event.seconds);
        gauge("ddns_not_shown").set({ provider }, 0);
        break;
      case "ddns-not-shown":
        gauge("ddns_not_shown").set({ provider }, 1);
        break;
      case "ddns-trouble":
        counter("ddns_errors_total").inc({ provider, kind: event.kind });
        break;
    }
  };
}
