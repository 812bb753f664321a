import { type Config, type Member, type PoolConfig, usedProbes, type ProbeConfig } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import type { Shortage } from "../pool/select.ts";
import type { TableRef } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import { DdnsModel } from "./ddns.ts";
import { ExitModel } from "./exit.ts";
import { GatewayModel } from "./gateway.ts";
import { slotLength } from "./history.ts";
import { ProberModel } from "./prober.ts";
import { RoutingModel } from "./routing.ts";
import type { Report, Status } from "./schema.ts";
import { TargetsModel } from "./targets.ts";
import { verdictOf } from "./verdict.ts";

export interface PoolModelOptions {
  readonly config: Pick<Config, "gateways" | "probes" | "exitCheck">;
  readonly pool: PoolConfig;
  readonly tableRef: TableRef;
  /** The provider's name in metrics; undefined without DDNS. */
  readonly ddnsLabel: string | undefined;
}

/** The state of one pool, updated by its events. A probe costs a few writes into arrays. It never grows. */
export class PoolModel {
  readonly name: string | undefined;
  readonly #pool: PoolConfig;
  readonly #gateways: ReadonlyMap<string, GatewayModel>;
  readonly #routing: RoutingModel;
  readonly #ddns: DdnsModel | undefined;
  readonly #targets: TargetsModel;
  readonly #exits: ExitModel | undefined;
  readonly #slotMs: number;
  readonly #hasTargets: boolean;
  #shortage: Shortage | undefined;

  constructor({ config, pool, tableRef, ddnsLabel }: PoolModelOptions, clock: Clock) {
    const conditional = pool.ddnsRequireIpAddress !== undefined;
    this.name = pool.name;
    this.#hasTargets = usedProbes(config).some(isBeyond);
    this.#pool = pool;
    this.#slotMs = slotLength(paceOf(config.probes));
    const modelOf = ({ gateway, name }: Member) =>
      new GatewayModel(gateway, this.#slotMs, clock, probersOf(usedProbes(config), clock), name);
    this.#gateways = new Map(pool.members.map((member) => [member.gateway, modelOf(member)]));
    this.#targets = new TargetsModel(clock);
    this.#exits = config.exitCheck.urls.length === 0 ? undefined : new ExitModel();
    this.#routing = new RoutingModel(tableRef, pool.whenNoGateways, clock);
    this.#ddns = ddnsLabel === undefined ? undefined : new DdnsModel(ddnsLabel, pool.ddnsHostname!, conditional, clock);
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "probe":
        this.#gateways.get(event.gateway)!.probed(event.result, event.failures, event.prober);
        break;
      case "prober":
        this.#gateways.get(event.gateway)!.seen(event.prober, event.status);
        break;
      case "quality":
        this.#gateways.get(event.gateway)!.measured(event.prober, event.quality, event.fault);
        break;
      case "target-fault":
      case "target-back":
        this.#targets.record(event);
        break;
      case "gateway":
        this.#gateways.get(event.gateway)!.turned(event.status);
        break;
      case "adopted":
        for (const gateway of event.gateways) this.#gateways.get(gateway)!.adopted();
        break;
      case "unusable":
        for (const gateway of event.gateways) this.#gateways.get(gateway)!.leaveOut(event.fault.detail);
        break;
      case "usable":
        for (const gateway of event.gateways) this.#gateways.get(gateway)!.leaveOut(null);
        break;
      case "held":
        this.#gateways.get(event.gateway)!.hold(event.waitMs, event.losses);
        break;
      case "released":
        this.#gateways.get(event.gateway)!.hold(0, 0);
        break;
      case "selection":
        for (const [address, gateway] of this.#gateways) gateway.keep(event.kept.includes(address));
        this.#shortage = event.shortage;
        break;
      case "observed":
        this.#routing.observed(event.routes, event.rules);
        break;
      case "public-ip":
        this.#gateways.get(event.gateway)!.lookedUp(event.result);
        break;
      case "preceded":
        this.#routing.preceded(event.diversions);
        break;
      case "public-ip-changed":
        this.#gateways.get(event.gateway)!.setPublicAddress(event.to);
        break;
      case "public-ip-state":
        this.#gateways.get(event.gateway)!.setAddressState(event.state);
        break;
      case "exit":
      case "exit-changed":
      case "gateway-leaks":
      case "exit-shared":
        this.#exits?.record(event);
        break;
      case "ddns-write-gate":
      case "ddns-desired":
      case "ddns-verified":
      case "ddns-trouble":
      case "ddns-scheduled":
        this.#ddns?.record(event);
        break;
    }
  }

  view(standing: Report): Omit<Status, "service"> {
    const shares = this.#routing.shares();
    const gateways = [...this.#gateways].map(([address, gateway]) => ({
      ...gateway.view(shares.get(address), this.#ddns !== undefined),
      ...(this.#exits && { exit: this.#exits.view(address) }),
    }));
    return {
      ...verdictOf(gateways, standing, this.#pool.whenNoGateways, {
        shortage: this.#shortage,
        allDiverted: this.#routing.allDiverted,
        someDiverted: this.#routing.someDiverted,
      }),
      gateways,
      slotSeconds: this.#slotMs / 1000,
      ...(this.#hasTargets && { targetsAtFault: this.#targets.view() }),
      routing: this.#routing.view(standing),
      ddns: this.#ddns?.view() ?? null,
    };
  }
}

/** The probers of one gateway by name, where there are several kinds or one beyond it. The details of those of targets beyond it name them. */
function probersOf(probes: readonly ProbeConfig[], clock: Clock): ReadonlyMap<string, ProberModel> {
  if (!probes.some(isBeyond)) return new Map();
  return new Map(probes.map((probe) => [probe.name, new ProberModel(probe.name, isBeyond(probe), clock)]));
}

function isBeyond({ kind }: ProbeConfig): boolean {
  return kind === "beyond";
}

/** The time that a slot of the history follows: that of probes of gateways themselves, where they are known. */
function paceOf(probes: readonly ProbeConfig[]): number {
  return (probes.find((probe) => !isBeyond(probe)) ?? probes[0]!).period;
}
