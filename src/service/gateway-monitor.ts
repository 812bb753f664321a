import { type Config, probesOf } from "../config/model.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import type { Emit } from "../events/events.ts";
import { haveNames } from "../events/per-pool.ts";
import type { ExitCheck } from "../exit/exit-check.ts";
import { SLACK_MS } from "../pool/common-cause.ts";
import type { ProberRule } from "../pool/gateway-health.ts";
import { type GatewayRules, Gateways } from "../pool/gateways.ts";
import { LinkFaults } from "../pool/link-faults.ts";
import { type Schedule, startSchedules } from "../pool/schedule.ts";
import type { ProbeResult } from "../probe/probe.ts";
import type { Kernel } from "../routing/kernel.ts";
import { createExitCheck } from "./exit-check.ts";
import { createProbers, type GatewayProber } from "./probers.ts";

export interface GatewayMonitorOptions {
  readonly config: Config;
  readonly kernel: Pick<Kernel, "routeOf">;
  /** Gateways that are drained from the start on. */
  readonly drained?: ReadonlySet<string> | undefined;
  readonly emit: Emit;
}

/** Probes all gateways, each once whatever pools use it, and asks for their exits. Pools follow by direct calls. */
export class GatewayMonitor {
  readonly health: Gateways;
  /** The faults of the interfaces that lead to the gateways. */
  readonly linkFaults: LinkFaults;
  readonly #probers: readonly GatewayProber[];
  readonly #exitCheck: ExitCheck | undefined;
  #schedule: Schedule | undefined;

  constructor({ config, kernel, drained, emit }: GatewayMonitorOptions) {
    this.linkFaults = new LinkFaults(emit);
    this.#probers = createProbers({
      ...{ config, emit },
      onLookUp: lookUpReporter(config, emit),
      onFault: (gateway, fault, prober) => this.health.setFault(gateway, fault, prober),
    });
    this.#exitCheck = createExitCheck({
      ...{ config, kernel, emit },
      onVerdict: (gateway, leak) => this.health.setExit(gateway, leak),
    });
    this.health = new Gateways({
      gateways: rulesOf(config, this.#probers),
      ...{ drained, emit },
      reportsCycles: haveNames(config.pools),
      onExitNeeded: this.#exitCheck && ((gateway, isNew) => this.#exitCheck!.check(gateway, isNew)),
    });
  }

  /** Begins to probe. */
  start(): void {
    this.#exitCheck?.start();
    this.#schedule = startSchedules(
      this.#probers.map(({ rule: { name }, gateways, probe, period, fastPeriod }) => ({
        ...{ gateways, probe, period, fastPeriod },
        isBetweenStates: (gateway: string) => this.health.isBetweenStates(gateway, name),
        onResult: (gateway: string, result: ProbeResult, extra: boolean) =>
          this.health.record(gateway, result, extra, name),
      })),
    );
  }

  /** Probes every gateway at once, besides the plan. */
  probeAll(): void {
    this.#schedule?.probeAll();
  }

  /** How far apart failures of these gateways with one cause can show, in milliseconds. */
  momentOf(gateways: readonly string[]): number {
    const own = this.#probers.filter((prober) => prober.gateways.some((gateway) => gateways.includes(gateway)));
    return Math.max(...own.map(({ period, timeout }) => period + timeout)) + SLACK_MS;
  }

  stop(): void {
    this.#schedule?.stop();
    this.#exitCheck?.stop();
  }
}

function rulesOf(config: Config, probers: readonly GatewayProber[]): Map<string, GatewayRules> {
  const rules = new Map(probers.map(({ rule }) => [rule.name, rule]));
  return new Map(
    config.gateways.map((gateway) => {
      const own = probesOf(config.probes, gateway).map(({ name }) => rules.get(name)!);
      return [gateway.address, { probers: own as [ProberRule, ...ProberRule[]], requirement: gateway.requirement }];
    }),
  );
}

/** Reports look-ups that are part of probes, but those of gateways whose public addresses DDNS looks up and reports. */
function lookUpReporter({ pools }: Config, emit: Emit): (gateway: string, result: LookUpResult) => void {
  const reported = new Set(pools.flatMap(({ ddnsProvider, gateways }) => (ddnsProvider ? gateways : [])));
  return (gateway, result) => {
    if (!reported.has(gateway)) emit({ type: "public-ip", gateway, result });
  };
}
