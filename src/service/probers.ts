import { textOf } from "../config/difference.ts";
import {
  allAddresses,
  type BeyondProbe,
  type Config,
  type GatewayProbe,
  placedGateways,
  probeTablesOf,
  usedProbes,
} from "../config/model.ts";
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
  /** What it asks, and how often, as text to compare. */
  readonly question: string;
  /** What it knows of targets beyond the gateways. */
  readonly memory?: Memory;
}

interface Memory {
  readonly faults: TargetFaults;
  readonly monitor: QualityMonitor;
}

export interface ProberOptions {
  readonly config: Config;
  /** Those of an earlier configuration: what asks the same goes on with what is known. */
  readonly former?: readonly GatewayProber[];
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
  return gateways.flatMap((gateway) => (gateway.probes.includes(probe) ? allAddresses(gateway) : []));
}

function gatewayProber(settings: GatewayProbe, { config, onLookUp }: ProberOptions): GatewayProber {
  const { name, rise, fall, period, fastPeriod, timeout } = settings;
  const rule = { name, thresholds: { rise, fall } };
  const question = questionOf(settings, config.publicIp.publicIpRequired ? config.publicIp : undefined);
  const probe = probeOf({ ...config.publicIp, ...settings }, onLookUp, lookUpPath(config));
  return { rule, gateways: gatewaysWith(name, config), probe, period, fastPeriod, timeout, question };
}

/** @param more further settings that the answers depend on */
function questionOf({ rise: _, fall: __, ...asked }: GatewayProbe | BeyondProbe, more?: unknown): string {
  return textOf([asked, more]);
}

function beyondProber(settings: BeyondProbe, { config, former, emit, onFault }: ProberOptions): GatewayProber {
  const { name, label, need, period, timeout, rise, fall, maxLoss, maxLatency } = settings;
  const gateways = gatewaysWith(name, config);
  const targets = [...settings.targets.keys()];
  const paths = pathsThrough(probeTablesOf(config)!, placedGateways(config));
  const question = questionOf(settings);
  const before = former?.find((one) => one.question === question)?.memory;
  const probes = new Map(throughSettings(settings).map(([target, one]) => [target, throughProberOf(one)] as const));
  const faults = new TargetFaults({ prober: name, targets, gateways, emit, now: steadyNow, former: before?.faults });
  const monitor = new QualityMonitor({
    ...{ gateways, triggers: { maxLoss, maxLatency } },
    ...{ window: windowOf(period), now: steadyNow, former: before?.monitor },
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
  const memory = { faults, monitor };
  return { rule, gateways, probe, period, fastPeriod: undefined, timeout, question, memory };
}
