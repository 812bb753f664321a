import { same } from "../config/difference.ts";
import { publishedGateways } from "../config/look-ups.ts";
import { managedFamilies } from "../config/families.ts";
import { asksIn } from "../config/target-families.ts";
import { addressesOf, allAddresses, type Config, probesOf, probeTablesOf } from "../config/model.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import type { Emit } from "../events/events.ts";
import { haveNames } from "../events/per-pool.ts";
import type { ExitCheck, ExitCheckOptions } from "../exit/exit-check.ts";
import { FAMILIES, type Family, familyOf } from "../net/address.ts";
import { SLACK_MS } from "../pool/common-cause.ts";
import { type GatewayRules, Gateways, type GatewaysOptions } from "../pool/gateways.ts";
import { LinkFaults } from "../pool/link-faults.ts";
import { type Schedule, type ScheduleOptions, spreadOf, startSchedules } from "../pool/schedule.ts";
import type { Kernel } from "../routing/kernel.ts";
import { createExitCheck } from "./exit-check.ts";
import { gatewayPaths } from "./gateway-paths.ts";
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
  /** The faults of the interfaces that lead to the gateways, as far as their addresses of each family show them. */
  readonly linkFaults: Readonly<Record<Family, LinkFaults>>;
  readonly #options: GatewayMonitorOptions;
  #config: Config;
  #probers: readonly GatewayProber[];
  /** Of each family that has one. */
  #exitChecks: ReadonlyMap<Family, ExitCheck>;
  #schedule: Schedule | undefined;

  constructor(options: GatewayMonitorOptions) {
    const { config, drained, emit } = options;
    this.#options = options;
    this.#config = config;
    this.linkFaults = { 4: new LinkFaults(emit), 6: new LinkFaults(emit) };
    this.#probers = this.#createProbers(config);
    this.#exitChecks = this.#createExitChecks(config);
    this.health = new Gateways({ ...this.#rulesOf(config), drained, emit });
  }

  /** Begins to probe. */
  start(): void {
    this.#exitChecks.forEach((check) => check.start());
    this.#schedule = startSchedules(this.#schedules());
  }

  /**
   * From now on there are these gateways and probes. What a probe has shown stays where it asks for the same as before. No
   * pool follows the gateways any more.
   */
  reload(config: Config): void {
    const before = new Map(this.#probers.map(({ rule: { name }, question }) => [name, question]));
    const keepsExits = same(exitPartsOf(this.#config), exitPartsOf(config));
    this.#config = config;
    this.#probers = this.#createProbers(config, this.#probers);
    if (!keepsExits) {
      this.#exitChecks.forEach((check) => check.stop());
      this.#exitChecks = this.#createExitChecks(config);
    }
    const questions = new Map(this.#probers.map(({ rule: { name }, question }) => [name, question]));
    const isFresh = (_: string, prober: string): boolean => questions.get(prober) !== before.get(prober);
    for (const family of FAMILIES) this.linkFaults[family].reload(addressesOf(config));
    this.health.reload(this.#rulesOf(config), isFresh);
    this.#schedule?.reload(this.#schedules(), isFresh);
    if (!keepsExits) this.#exitChecks.forEach((check) => check.start());
  }

  #rulesOf(config: Config): Pick<GatewaysOptions, "gateways" | "reportsCycles" | "onExitNeeded"> {
    return {
      gateways: rulesOf(config, this.#probers, new Set(this.#exitChecks.keys())),
      reportsCycles: haveNames(config.pools),
      onExitNeeded:
        this.#exitChecks.size === 0
          ? undefined
          : (gateway, isNew) => this.#exitChecks.get(familyOf(gateway))?.check(gateway, isNew),
    };
  }

  #schedules(): ScheduleOptions[] {
    const { gateways: all } = this.#config;
    const machines = new Map(all.flatMap((one) => allAddresses(one).map((address) => [address, one.address])));
    return this.#probers.map(({ rule: { name }, gateways, period, fastPeriod }) => ({
      ...{ name, gateways, period, fastPeriod },
      machineOf: (gateway) => machines.get(gateway)!,
      probe: (gateway) => this.#proberCalled(name).probe(gateway), // that of the configuration by then
      isBetweenStates: (gateway) => this.health.isBetweenStates(gateway, name),
      onResult: (gateway, result, extra) => this.health.record(gateway, result, extra, name),
    }));
  }

  #proberCalled(name: string): GatewayProber {
    return this.#probers.find(({ rule }) => rule.name === name)!;
  }

  /** Probers report as long as their configuration is that of the service. */
  #createProbers(config: Config, former: readonly GatewayProber[] = []): readonly GatewayProber[] {
    const { emit } = this.#options;
    const isCurrent = (): boolean => this.#config === config;
    const emitCurrent: Emit = (event) => void (isCurrent() && emit(event));
    return createProbers({
      ...{ config, former, emit: emitCurrent },
      onLookUp: lookUpReporter(config, emitCurrent),
      onFault: (gateway, fault, prober) => void (isCurrent() && this.health.setFault(gateway, fault, prober)),
    });
  }

  #createExitChecks(config: Config): ReadonlyMap<Family, ExitCheck> {
    const { kernel, emit } = this.#options;
    const onVerdict: ExitCheckOptions["onVerdict"] = (gateway, leak) => this.health.setExit(gateway, leak);
    return new Map(
      FAMILIES.flatMap((family) => {
        const check = createExitCheck({ config, kernel, emit, family, onVerdict });
        return check === undefined ? [] : [[family, check] as const];
      }),
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

  /** How far apart the probes that show it can be begun, in milliseconds. */
  spreadOf(gateways: readonly string[]): number {
    const own = this.#probers.filter((prober) => prober.gateways.some((gateway) => gateways.includes(gateway)));
    const spreads = own.map(({ gateways: some, period, fastPeriod = 0 }) => {
      const machines = this.#config.gateways.filter((one) => allAddresses(one).some((text) => some.includes(text)));
      const spread = spreadOf(machines.length, period);
      return spread === 0 ? 0 : spread + fastPeriod; // of several in a row that decide, the last one
    });
    return Math.max(...spreads) + SLACK_MS;
  }

  stop(): void {
    this.#schedule?.stop();
    this.#exitChecks.forEach((check) => check.stop());
  }
}

/** What the questions for exits depend on. */
function exitPartsOf(config: Config): unknown {
  const { exitCheck, publicIp } = config;
  return [
    exitCheck,
    probeTablesOf(config),
    publicIp.publicIpAllowPrivate,
    [...gatewayPaths(config)],
    managedFamilies(config),
  ];
}

/** What decides about each address of a gateway. @param exits families whose exits are asked for */
function rulesOf(
  config: Config,
  probers: readonly GatewayProber[],
  exits: ReadonlySet<Family>,
): Map<string, GatewayRules> {
  const rules = new Map(probers.map(({ rule }) => [rule.name, rule]));
  return new Map(
    config.gateways.flatMap((gateway) => {
      const { requirement } = gateway;
      const own = probesOf(config.probes, gateway);
      return allAddresses(gateway).flatMap((address): [string, GatewayRules][] => {
        const family = familyOf(address);
        const [first, ...others] = own
          .filter((probe) => asksIn(probe, family, config))
          .map(({ name }) => rules.get(name)!);
        if (first === undefined) return []; // of a family that no pool routes
        return [[address, { probers: [first, ...others], requirement, checksExit: exits.has(family) }]];
      });
    }),
  );
}

/** Reports look-ups that are part of probes, but those of gateways whose public addresses DDNS looks up and reports. */
function lookUpReporter({ pools }: Config, emit: Emit): (gateway: string, result: LookUpResult) => void {
  const reported = publishedGateways(pools);
  return (gateway, result) => {
    if (!reported.has(gateway)) emit({ type: "public-ip", gateway, result });
  };
}
