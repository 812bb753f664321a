import { Gauge, Registry } from "prom-client";
// The other default metrics are wrong under Bun (heap, handles, event loop).
import processCpuTotal from "prom-client/lib/metrics/processCpuTotal.js";
import processMaxFileDescriptors from "prom-client/lib/metrics/processMaxFileDescriptors.js";
import processOpenFileDescriptors from "prom-client/lib/metrics/processOpenFileDescriptors.js";
import processStartTime from "prom-client/lib/metrics/processStartTime.js";

import { COMMIT, VERSION } from "../build.ts";
import type { Config, GatewayProbe } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import { haveNames, inEachPool, perPool } from "../events/per-pool.ts";
import { formatDuration } from "../net/duration.ts";
import { createDdnsMetrics } from "./ddns-metrics.ts";
import { createExitMetrics } from "./exit-metrics.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";
import { createHookMetrics } from "./hook-metrics.ts";
import { createPoolMetrics } from "./pool-metrics.ts";
import { type Meters, register } from "./registry.ts";
import { createIpMetrics, createRouteMetrics } from "./route-metrics.ts";
import { createThroughMetrics } from "./through-metrics.ts";

/**
 * Counts events as metrics.
 *
 * @returns the registry to serve, and the listener for all events
 */
export function createMetrics(config: Config): { readonly registry: Registry; readonly record: Emit } {
  const { service, pools } = config;
  const registry = new Registry();
  const meters = register(registry, haveNames(pools));
  for (const metric of [processCpuTotal, processStartTime, processOpenFileDescriptors, processMaxFileDescriptors]) {
    metric(registry);
  }
  residentMemory(registry);
  recordBuild(meters.service);
  recordNames(config, meters.service);
  recordProbes(config, meters.service);
  const ofService = [
    createIpMetrics(meters.service),
    createHookMetrics(service, meters.service),
    createGatewayMetrics(config, meters.service),
    createThroughMetrics(config, meters.service),
    createExitMetrics(config, meters.service),
  ];
  const ofPool = perPool(pools, (pool) => {
    const own = meters.ofPool(pool.name);
    return [createPoolMetrics(pool, own), createDdnsMetrics(pool, own), createRouteMetrics(own)];
  });
  return {
    registry,
    record(event) {
      for (const record of ofService) record(event);
      for (const one of [event, ...inEachPool(event)]) for (const record of ofPool(one) ?? []) record(one);
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

function recordBuild({ gauge }: Meters): void {
  gauge("application_start_time_seconds").set(Date.now() / 1000 - process.uptime());
  // `collect` runs at each scrape.
  Object.assign(gauge("application_uptime_seconds"), {
    collect: () => gauge("application_uptime_seconds").set(process.uptime()),
  });
  gauge("build_info").set({ version: VERSION, commit: COMMIT }, 1);
}

/** With one name all gateways have a series, so that none is lost where metrics are joined with it. */
function recordNames({ gateways }: Config, { gauge }: Meters): void {
  if (gateways.every(({ name }) => name === undefined)) return;
  for (const { address, name = address } of gateways) {
    gauge("gateway_info").set({ gateway_ip: address, gateway_name: name }, 1);
  }
}

function recordProbes({ probes }: Config, { gauge }: Meters): void {
  for (const probe of probes) if (probe.kind === "gateway") recordProbe(probe, gauge("configuration_info"));
}

function recordProbe({ period, timeout, port, scheme, path }: GatewayProbe, info: ReturnType<Meters["gauge"]>): void {
  info.set(
    { check_period: formatDuration(period), timeout: formatDuration(timeout), port: String(port), scheme, path },
    1,
  );
}
