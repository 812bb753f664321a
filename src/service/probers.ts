import { type PoolConfig, probesGateways, probeTablesOf } from "../config/model.ts";
import { throughName, type ThroughProber, throughSettings } from "../config/through-values.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import { probeOf } from "../ddns/public-address-probe.ts";
import type { EmitPool } from "../pool/events.ts";
import type { ProberRule } from "../pool/gateway-health.ts";
import { windowOf } from "../pool/quality.ts";
import { QualityMonitor } from "../pool/quality-monitor.ts";
import { QualityReports } from "../pool/quality-reports.ts";
import type { QualityFault } from "../pool/quality-triggers.ts";
import { multiTargetProbe } from "../probe/multi-target.ts";
import type { Probe } from "../probe/probe.ts";
import { throughProberOf } from "../probe/probers.ts";
import { TargetFaults } from "../probe/target-faults.ts";
import { pathsThrough } from "../routing/probe-tables.ts";
import { lookUpPath } from "./look-up-paths.ts";
import { steadyNow } from "../time/clock.ts";
import { createCoalescedTimers } from "../time/coalesced-timers.ts";

/** What probes the gateways of a pool in one respect, at its own pace. Durations are milliseconds. */
export interface PoolProber {
  readonly rule: ProberRule;
  readonly probe: Probe;
  readonly period: number;
  readonly fastPeriod: number | undefined;
  readonly timeout: number;
}

export interface ProberOptions {
  readonly pool: PoolConfig;
  readonly emit: EmitPool;
  /** Called with the result of each look-up of a public address that is required. */
  readonly onLookUp: ((gateway: string, result: LookUpResult) => void) | undefined;
  /** Called after each round of a prober with what its last ones show of a gateway. */
  readonly onFault: (gateway: string, fault: QualityFault | undefined, prober: string) => void;
}

/** The probers of a pool: that of the gateways themselves, and one for each -through. */
export function createProbers(options: ProberOptions): readonly [PoolProber, ...PoolProber[]] {
  const { pool, onLookUp } = options;
  const { rise, fall, checkPeriod: period, fastCheckPeriod: fastPeriod, timeout } = pool;
  const rule = { name: pool.scheme, thresholds: { rise, fall } };
  const own: PoolProber = { rule, probe: probeOf(pool, onLookUp, lookUpPath(pool)), period, fastPeriod, timeout };
  const through = pool.through.map((prober) => throughProber(prober, options));
  return probesGateways(pool) ? [own, ...through] : (through as [PoolProber, ...PoolProber[]]);
}

function throughProber(prober: ThroughProber, { pool, emit, onFault }: ProberOptions): PoolProber {
  const { gateways, throughNeed: need, throughPeriod: period, throughTimeout: timeout } = pool;
  const name = throughName(prober);
  const targets = [...prober.targets.keys()];
  const tables = probeTablesOf(pool)!;
  const paths = pathsThrough(tables, gateways);
  const probes = new Map(
    throughSettings(prober, pool).map(([target, settings]) => [target, throughProberOf(settings)]),
  );
  const faults = new TargetFaults({ prober: name, targets, gateways, emit, now: steadyNow });
  const triggers = { maxLoss: pool.throughMaxLoss, maxLatency: pool.throughMaxLatency };
  const monitor = new QualityMonitor({ gateways, triggers, window: windowOf(period), now: steadyNow });
  const qualityOf = (gateway: string) => monitor.quality(gateway);
  const reports = new QualityReports({ prober: name, qualityOf, emit, now: steadyNow });
  const probe = multiTargetProbe({
    ...{ prober: prober.label, gateways, targets, need, timeout, faults },
    ...{ now: steadyNow, timers: createCoalescedTimers(steadyNow) },
    ask: (gateway, target) => probes.get(target)!(paths.get(gateway)!),
    onAnswers(gateway, answers) {
      const fault = monitor.record(gateway, answers, faults.current);
      onFault(gateway, fault, name);
      reports.roundEnded(gateway, fault);
    },
  });
  const thresholds = { rise: pool.throughRise, fall: pool.throughFall };
  return { rule: { name, thresholds, namesItself: true }, probe, period, fastPeriod: undefined, timeout };
}
