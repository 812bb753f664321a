import { Gauge, Registry } from "prom-client";
// The other default metrics are wrong under Bun (heap, handles, event loop), so only these are taken.
import processCpuTotal from "prom-client/lib/metrics/processCpuTotal.js";
import processMaxFileDescriptors from "prom-client/lib/metrics/processMaxFileDescriptors.js";
import processOpenFileDescriptors from "prom-client/lib/metrics/processOpenFileDescriptors.js";
import processStartTime from "prom-client/lib/metrics/processStartTime.js";

import { COMMIT, VERSION } from "../build.ts";
import type { Config } from "../config/parse.ts";
import type { Emit } from "../events/events.ts";
import { formatDuration } from "../net/duration.ts";
import { createDdnsMetrics } from "./ddns-metrics.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";
import { createHookMetrics } from "./hook-metrics.ts";
import { type Meters, register } from "./registry.ts";
import { createRouteMetrics } from "./route-metrics.ts";

/**
 * Turns events into metrics.
 *
 * @returns the registry to serve, and the listener to feed
 */
export function createMetrics(config: Config): { readonly registry: Registry; readonly record: Emit } {
  const registry = new Registry();
  const meters = register(registry);
  for (const metric of [processCpuTotal, processStartTime, processOpenFileDescriptors, processMaxFileDescriptors]) {
    metric(registry);
  }
  residentMemory(registry);
  tellFacts(config, meters);
  const recorders = [
    ...config.pools.flatMap((pool) => [createGatewayMetrics(pool, meters), createDdnsMetrics(pool, meters)]),
    createRouteMetrics(meters),
    createHookMetrics(config.service, meters),
  ];
  return {
    registry,
    record(event) {
      for (const record of recorders) record(event);
    },
  };
}

function residentMemory(registry: Registry): void {
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}

/** What is known from the start. */
function tellFacts(config: Config, { gauge }: Meters): void {
  const [{ gateways, checkPeriod, timeout, port, scheme, path }] = config.pools;
  gauge("gateway_total_count").set(gateways.length);
  gauge("application_start_time_seconds").set(Date.now() / 1000 - process.uptime());
  // `collect` runs at each scrape.
  Object.assign(gauge("application_uptime_seconds"), {
    collect: () => gauge("application_uptime_seconds").set(process.uptime()),
  });
  gauge("build_info").set({ version: VERSION, commit: COMMIT }, 1);
  gauge("configuration_info").set(
    { check_period: formatDuration(checkPeriod), timeout: formatDuration(timeout), port: String(port), scheme, path },
    1,
  );
}
