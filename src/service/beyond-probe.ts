import type { BeyondProbe } from "../config/model.ts";
import { targetsIn } from "../config/target-families.ts";
import { hostOfTarget, throughSettings } from "../config/through-values.ts";
import { FAMILIES, type Family, familyOf, isAddress } from "../net/address.ts";
import type { EmitPool } from "../pool/events.ts";
import { windowOf } from "../pool/quality.ts";
import { QualityMonitor } from "../pool/quality-monitor.ts";
import { QualityReports } from "../pool/quality-reports.ts";
import type { QualityFault } from "../pool/quality-triggers.ts";
import { multiTargetProbe } from "../probe/multi-target.ts";
import type { GatewayPath, Probe } from "../probe/probe.ts";
import { throughProberOf } from "../probe/probers.ts";
import { TargetFaults } from "../probe/target-faults.ts";
import { steadyNow } from "../time/clock.ts";
import { createCoalescedTimers } from "../time/coalesced-timers.ts";

export interface BeyondProbeOptions {
  readonly settings: BeyondProbe;
  /** The addresses that are probed. */
  readonly gateways: readonly string[];
  /** The path through each of them. */
  readonly paths: ReadonlyMap<string, GatewayPath>;
  /** What an earlier one knew that asked the same. */
  readonly former: Memory | undefined;
  readonly emit: EmitPool;
  /** Called after each round with what the last ones show of a gateway. */
  readonly onFault: (gateway: string, fault: QualityFault | undefined, prober: string) => void;
}

/** What is known of targets beyond the gateways, and of the paths there. */
export interface Memory {
  readonly faults: ReadonlyMap<Family, TargetFaults>;
  readonly monitor: QualityMonitor;
}

/** A probe of targets beyond gateways, through each of them: of each family those that have addresses of it, or names. */
export function createBeyondProbe(options: BeyondProbeOptions): { readonly probe: Probe; readonly memory: Memory } {
  const { settings, gateways, former, emit } = options;
  const { name, period, maxLoss, maxLatency } = settings;
  const monitor = new QualityMonitor({
    ...{ gateways, triggers: { maxLoss, maxLatency } },
    ...{ window: windowOf(period), now: steadyNow, former: former?.monitor },
  });
  const qualityOf = (gateway: string) => monitor.quality(gateway);
  const reports = new QualityReports({ prober: name, qualityOf, emit, now: steadyNow });
  const families = FAMILIES.filter((family) => gateways.some((gateway) => familyOf(gateway) === family));
  const parts = new Map(families.map((family) => [family, familyPart(options, family, monitor, reports)]));
  return {
    probe: (gateway) => parts.get(familyOf(gateway))!.probe(gateway),
    memory: { monitor, faults: new Map([...parts].map(([family, { faults }]) => [family, faults])) },
  };
}

function familyPart(
  { settings, gateways: all, paths, former, emit, onFault }: BeyondProbeOptions,
  family: Family,
  monitor: QualityMonitor,
  reports: QualityReports,
) {
  const { name, label, need, timeout } = settings;
  const gateways = all.filter((gateway) => familyOf(gateway) === family);
  const asked = namedTargets(settings, family);
  const targets = [...asked.keys()];
  const of = { targets: asked, timeout, text: settings.text };
  const probes = new Map(throughSettings(of).map(([target, one]) => [target, throughProberOf(one)] as const));
  const before = former?.faults.get(family);
  const faults = new TargetFaults({ prober: name, targets, gateways, emit, now: steadyNow, former: before });
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
  return { probe, faults };
}

/** The targets of a family. A name is another target in each: it may be at fault in one of them alone. */
function namedTargets(settings: BeyondProbe, family: Family): ReturnType<typeof targetsIn> {
  const targets = [...targetsIn(settings, family)];
  return new Map(
    targets.map(([name, target]) => {
      const isName = !isAddress(hostOfTarget(target), FAMILIES);
      return [isName && family === 6 ? `${name} (IPv6)` : name, target];
    }),
  );
}
