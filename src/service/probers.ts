import { type BeyondProbe, type Config, type GatewayProbe, probeTablesOf, usedProbes } from "../config/model.ts";
import { throughSettings } from "../config/through-values.ts";
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

/** What probes gateways in one respect, at its own pace. Durations are milliseconds. */
export interface GatewayProber {
  readonly rule: ProberRule;
  /** Those that it probes. */
  readonly gateways: readonly string[];
  readonly probe: Probe;
  readonly period: number;
  readonly fastPeriod: number | undefined;
  readonly timeout: number;
}

export interface ProberOptions {
  readonly config: Config;
  readonly emit: EmitPool;
  /** Called with the result of each look-up of a public address that is required. */
  readonly onLookUp: ((gateway: string, result: LookUpResult) => void) | undefined;
  /** Called after each round of a prober with what its last ones show of a gateway. */
  readonly onFault: (gateway: string, fault: QualityFault | undefined, prober: string) => void;
}

/** The probers of all gateways: one for each probe that any of them has. */
export function createProbers(options: ProberOptions): readonly GatewayProber[] {
  return usedProbes(options.config).map((probe) =>
    probe.kind === "gateway" ? gatewayProber(probe, options) : beyondProber(probe, options),
  );
}

function gatewaysWith(probe: string, { gateways }: Config): readonly string[] {
  return gateways.flatMap(({ address, probes }) => (probes.includes(probe) ? address : []));
}

function gatewayProber(settings: GatewayProbe, { config, onLookUp }: ProberOptions): GatewayProber {
  const { name, rise, fall, period, fastPeriod, timeout } = settings;
  const rule = { name, thresholds: { rise, fall } };
  const probe = probeOf({ ...config.publicIp, ...settings }, onLookUp, lookUpPath(config));
  return { rule, gateways: gatewaysWith(name, config), probe, period, fastPeriod, timeout };
}

function beyondProber(settings: BeyondProbe, { config, emit, onFault }: ProberOptions): GatewayProber {
  const { name, label, need, period, timeout, rise, fall, maxLoss, maxLatency } = settings;
  const gateways = gatewaysWith(name, config);
  const targets = [...settings.targets.keys()];
  const paths = pathsThrough(
    probeTablesOf(config)!,
    config.gateways.map(({ address }) => address),
  );
  const probes = new Map(throughSettings(settings).map(([target, one]) => [target, throughProberOf(one)] as const));
  const faults = new TargetFaults({ prober: name, targets, gateways, emit, now: steadyNow });
  const monitor = new QualityMonitor({
    ...{ gateways, triggers: { maxLoss, maxLatency } },
    ...{ window: windowOf(period), now: steadyNow },
  });
  const qualityOf = (gateway: string) => monitor.quality(gateway);
  const reports = new QualityReports({ prober: name, qualityOf, emit, now: steadyNow });
  const probe = multiTargetProbe({
    ...{ prober: label, gateways, targets, need, timeout, faults },
    ...{ now: steadyNow, timers: createCoalescedTimers(steadyNow) },
    ask: (gateway, target) => probes.get(target)!(paths.get(gateway)!),
    onAnswers(gateway, answers) {
      const fault = monitor.record(gateway, answers, faults.current);
      onFault(gateway, fault, name);
      reports.roundEnded(gateway, fault);
    },
  });
  const rule = { name, thresholds: { rise, fall }, namesItself: true };
  return { rule, gateways, probe, period, fastPeriod: undefined, timeout };
}
