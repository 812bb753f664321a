import { Gauge, Registry } from "prom-client";
// The other default metrics are wrong under Bun (heap, handles, event loop).
import processCpuTotal from "prom-client/lib/metrics/processCpuTotal.js";
import processMaxFileDescriptors from "prom-client/lib/metrics/processMaxFileDescriptors.js";
import processOpenFileDescriptors from "prom-client/lib/metrics/processOpenFileDescriptors.js";
import processStartTime from "prom-client/lib/metrics/processStartTime.js";

import { COMMIT, VERSION } from "../build.ts";
import { same } from "../config/difference.ts";
import { perDnsName } from "../config/dns-names.ts";
import { familiesOf, inFamily, managedFamilies } from "../config/families.ts";
import { allAddresses, type Config, type GatewayProbe, type PoolConfig } from "../config/model.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import { familyOfEvent } from "../events/per-family.ts";
import { haveNames, inEachPool, perPool } from "../events/per-pool.ts";
import { remembered } from "../events/remembered.ts";
import type { Family } from "../net/address.ts";
import { formatDuration } from "../net/duration.ts";
import { createAddressMetrics, createDdnsMetrics } from "./ddns-metrics.ts";
import { hostnameLabel, renamedSeries } from "./dns-name-labels.ts";
import { createExitMetrics } from "./exit-metrics.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";
import { createHookMetrics } from "./hook-metrics.ts";
import { keptBy } from "./kept.ts";
import { createLookUpMetrics } from "./look-up-metrics.ts";
import { createShareMetrics, type Flows, NO_FLOWS, recordMembers } from "./member-metrics.ts";
import { createPoolMetrics } from "./pool-metrics.ts";
import { type AllMeters, type Meters, type Origin, type Origins, register } from "./registry.ts";
import { createReloadMetrics } from "./reload-metrics.ts";
import { createIpMetrics, createRouteMetrics } from "./route-metrics.ts";
import { createThroughMetrics } from "./through-metrics.ts";
import { familyWord } from "../text/family.ts";

export interface Metrics {
  /** What is served now: another configuration may make another one. */
  readonly registry: Registry;
  /** The listener for all events. */
  readonly record: Emit;
  /** From now on this is the configuration. What it no longer has loses its series. */
  reload(config: Config): Promise<void>;
}

/** Counts events as metrics. */
export function createMetrics(config: Config): Metrics {
  const flows = remembered(
    (): Flows => ({ ...NO_FLOWS }),
    ({ family, pool }: FamilyPool) => [pool.name, family],
  );
  let current = createRegistry(config);
  let inForce = config;
  let record = createListener(config, current.meters, flows());
  return {
    get registry() {
      return current.registry;
    },
    record: (event) => record(event),
    async reload(changed) {
      // Labels cannot change: with names or families, or without them, everything is counted anew.
      if (!same(current.origins, originsOf(changed))) current = createRegistry(changed);
      record = createListener(changed, current.meters, flows());
      const renamed = renamedSeries(inForce, changed);
      inForce = changed;
      await current.meters.carry(renamed);
      await current.meters.prune(keptBy(changed));
      recordNames(changed, current.meters.service);
      recordProbes(changed, current.meters.service);
    },
  };
}

function originsOf(config: Config): Origins {
  return { named: haveNames(config.pools), both: managedFamilies(config).length > 1 };
}

function createRegistry(config: Config) {
  const registry = new Registry();
  const origins = originsOf(config);
  const meters = register(registry, origins, config.service.config !== undefined);
  for (const metric of [processCpuTotal, processStartTime, processOpenFileDescriptors, processMaxFileDescriptors]) {
    metric(registry);
  }
  residentMemory(registry);
  recordBuild(meters.service);
  recordSeed(config.service, meters.service);
  return { registry, origins, meters };
}

/** A pool as one family has it. */
interface FamilyPool {
  readonly family: Family;
  readonly pool: PoolConfig;
}

/** @param flowsOf what is known of the routes of a pool, also from before a reload */
function createListener(config: Config, meters: AllMeters, flowsOf: (pool: FamilyPool) => Flows): Emit {
  const { service, pools } = config;
  recordNames(config, meters.service);
  recordProbes(config, meters.service);
  const ofService = [
    createIpMetrics(meters.service),
    createHookMetrics(service, meters.service),
    createGatewayMetrics(config, meters.service, (family) => meters.of({ family: familyWord(family) })),
    createThroughMetrics(config, meters.service),
    createExitMetrics(config, meters.service),
    createLookUpMetrics(config, meters.service),
    createReloadMetrics(service, meters.service),
  ];
  const ofPool = perPool(pools, (whole) => {
    const ofFamily = new Map(
      familiesOf(whole).map((family) => {
        const pool = inFamily(whole, family)!;
        const origin = { pool: whole.name, family: familyWord(family) };
        const own = createFamilyMetrics(pool, flowsOf({ family, pool }), meters.of(origin));
        return [family, [...own, createNameMetrics(pool, whole, meters, origin)]] as const;
      }),
    );
    return (event: ServiceEvent) => ofFamily.get(familyOfEvent(event)) ?? [];
  });
  return (event) => {
    for (const record of ofService) record(event);
    for (const one of [event, ...inEachPool(event)]) for (const record of ofPool(one)?.(one) ?? []) record(one);
  };
}

/** The metrics of a pool as one family has it. */
function createFamilyMetrics(pool: PoolConfig, flows: Flows, own: Meters): readonly Emit[] {
  recordMembers(pool, own);
  return [
    createPoolMetrics(pool, own),
    createAddressMetrics(pool, own),
    createRouteMetrics(own),
    createShareMetrics(pool, flows, own),
  ];
}

/** The metrics of each DNS name of a pool that has records of a family. */
function createNameMetrics({ dnsNames }: PoolConfig, whole: PoolConfig, meters: AllMeters, origin: Origin): Emit {
  const ofName = perDnsName(dnsNames, (name) => {
    return createDdnsMetrics(name, meters.of({ ...origin, hostname: hostnameLabel(name, whole.dnsNames) }));
  });
  return (event) => ofName(event)?.(event);
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

function recordSeed({ hashSeed }: Config["service"], { gauge }: Meters): void {
  if (hashSeed !== undefined) gauge("hash_seed_info").set({ seed: String(hashSeed) }, 1);
}

/** With one name all gateways have a series, so that none is lost where metrics are joined with it. */
function recordNames({ gateways }: Config, { gauge }: Meters): void {
  if (gateways.every(({ name }) => name === undefined)) return;
  for (const gateway of gateways) {
    const { address, name = address } = gateway;
    for (const one of allAddresses(gateway)) gauge("gateway_info").set({ gateway_ip: one, gateway_name: name }, 1);
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
