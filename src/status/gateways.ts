import { type Config, type ProbeConfig, probesOf, usedProbes } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import type { Clock } from "../time/clock.ts";
import { ExitModel } from "./exit.ts";
import { GatewayModel } from "./gateway.ts";
import { slotLength } from "./history.ts";
import { ProberModel } from "./prober.ts";
import type { Gateway, TargetAtFault } from "./schema.ts";
import { TargetsModel } from "./targets.ts";

/** The health of all gateways, which pools share, updated by events. A probe costs a few writes into arrays. */
export class GatewaysModel {
  readonly #gateways: ReadonlyMap<string, GatewayModel>;
  readonly #targets: TargetsModel | undefined;
  readonly #exits: ExitModel | undefined;
  /** The length of a slot of a history, in milliseconds. */
  readonly slotMs: number;

  constructor(config: Pick<Config, "gateways" | "probes" | "exitCheck">, clock: Clock) {
    const { gateways, probes, exitCheck } = config;
    this.slotMs = slotLength(paceOf(probes));
    this.#gateways = new Map(
      gateways.map((gateway) => {
        const probers = probersOf(probesOf(probes, gateway), clock);
        return [gateway.address, new GatewayModel(gateway.address, this.slotMs, clock, probers, gateway.name)];
      }),
    );
    this.#targets = usedProbes(config).some(isBeyond) ? new TargetsModel(clock) : undefined;
    this.#exits = exitCheck.urls.length === 0 ? undefined : new ExitModel();
  }

  of(address: string): GatewayModel {
    return this.#gateways.get(address)!;
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "probe":
        this.of(event.gateway).probed(event.result, event.failures, event.prober);
        break;
      case "prober":
        this.of(event.gateway).seen(event.prober, event.status);
        break;
      case "quality":
        this.of(event.gateway).measured(event.prober, event.quality, event.fault);
        break;
      case "target-fault":
      case "target-back":
        this.#targets?.record(event);
        break;
      case "gateway":
        this.of(event.gateway).turned(event.status);
        break;
      case "drained":
        if (event.drained) this.of(event.gateway).drain(event.since);
        else this.of(event.gateway).undrain();
        break;
      case "adopted":
        for (const gateway of event.gateways) this.of(gateway).adopted();
        break;
      case "exit":
      case "exit-changed":
      case "gateway-leaks":
      case "exit-shared":
        this.#exits?.record(event);
        break;
    }
  }

  /** How many are drained. */
  get drainedCount(): number {
    return this.#gateways.values().reduce((sum, gateway) => sum + (gateway.isDrained ? 1 : 0), 0);
  }

  /** What is known of the exit of a gateway; undefined where exits are not asked for. */
  exitOf(address: string): Gateway["exit"] {
    return this.#exits?.view(address);
  }

  /** Undefined where no targets are asked. */
  targetsAtFault(): TargetAtFault[] | undefined {
    return this.#targets?.view();
  }
}

/** The probers of one gateway by name, where any asks targets beyond it: the details of those name themselves. */
function probersOf(probes: readonly ProbeConfig[], clock: Clock): ReadonlyMap<string, ProberModel> {
  if (!probes.some(isBeyond) && probes.length === 1) return new Map();
  return new Map(probes.map((probe) => [probe.name, new ProberModel(probe.name, isBeyond(probe), clock)]));
}

function isBeyond({ kind }: ProbeConfig): boolean {
  return kind === "beyond";
}

/** The time that a slot of the history follows: that of probes of gateways themselves, where they are known. */
function paceOf(probes: readonly ProbeConfig[]): number {
  return (probes.find((probe) => !isBeyond(probe)) ?? probes[0]!).period;
}
