import {
  allAddresses,
  type BeyondProbe,
  type Config,
  type GatewayConfig,
  type ProbeConfig,
  usedProbes,
} from "../config/model.ts";
import { probesOfAddress } from "../config/target-families.ts";
import type { ServiceEvent } from "../events/events.ts";
import { familyOf } from "../net/address.ts";
import type { Clock } from "../time/clock.ts";
import { ExitModel } from "./exit.ts";
import { GatewayModel, type GatewayView } from "./gateway.ts";
import { slotLength } from "./history.ts";
import { ProberModel } from "./prober.ts";
import type { Gateway, TargetAtFault } from "./schema.ts";
import { TargetsModel } from "./targets.ts";

/** The health of all gateways, which pools share, updated by events. A probe costs a few writes into arrays. */
export class GatewaysModel {
  readonly #clock: Clock;
  #gateways: ReadonlyMap<string, GatewayModel>;
  #targets: TargetsModel | undefined;
  #exits: ExitModel | undefined;
  /** The length of a slot of a history, in milliseconds; it stays, so that histories do. */
  readonly slotMs: number;

  constructor(config: Pick<Config, "gateways" | "probes" | "pools" | "exitCheck">, clock: Clock) {
    this.#clock = clock;
    this.slotMs = slotLength(paceOf(config.probes));
    this.#gateways = new Map();
    this.reload(config);
  }

  /** From now on there are these gateways and probes. What is known of those that stay remains. */
  reload(config: Pick<Config, "gateways" | "probes" | "pools" | "exitCheck">): void {
    const { gateways, probes, exitCheck } = config;
    this.#gateways = new Map(
      gateways.flatMap((gateway) =>
        allAddresses(gateway).flatMap((address): [string, GatewayModel][] => {
          const own = probesOfAddress(config, gateway, address);
          return own.length === 0 ? [] : [[address, this.#modelOf(address, gateway, own)]]; // of a family that is not routed
        }),
      ),
    );
    const targets = usedProbes(config).flatMap((one) => (isBeyond(one) ? [...one.targets.keys()] : []));
    if (targets.length === 0) this.#targets = undefined;
    else this.#targets ??= new TargetsModel(this.#clock);
    this.#targets?.keep(probes.map(({ name }) => name));
    if (exitCheck.urls.length === 0) this.#exits = undefined;
    else this.#exits ??= new ExitModel();
  }

  /** What is known of a gateway by one of its addresses. @param own what probes that address */
  #modelOf(address: string, gateway: GatewayConfig, own: readonly ProbeConfig[]): GatewayModel {
    const identity = { name: gateway.name, otherAddress: allAddresses(gateway).find((one) => one !== address) };
    const before = this.#gateways.get(address);
    if (before === undefined) {
      return new GatewayModel(address, this.slotMs, this.#clock, probersOf(own, this.#clock), identity);
    }
    before.reload(identity, (known) => probersOf(own, this.#clock, known));
    return before;
  }

  of(address: string): GatewayModel {
    return this.#gateways.get(address)!;
  }

  /** What is known of a gateway, by each of its addresses. */
  #bothOf(gateway: string): GatewayModel[] {
    const own = [...this.#gateways].filter(([one, { otherAddress }]) => one === gateway || otherAddress === gateway);
    return own.map(([, model]) => model);
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
        for (const gateway of this.#bothOf(event.gateway)) {
          if (event.drained) gateway.drain(event.since);
          else gateway.undrain();
        }
        break;
      case "adopted":
        for (const gateway of event.gateways) this.of(gateway).adopted();
        break;
      case "public-ip-changed":
        this.of(event.gateway).publicAddress = event.to;
        break;
      case "exit":
      case "exit-changed":
      case "gateway-leaks":
      case "exit-shared":
        this.#exits?.record(event);
        break;
    }
  }

  /** How many are drained, which they are in both families at once. */
  get drainedCount(): number {
    const drained = [...this.#gateways].filter(([, { isDrained }]) => isDrained);
    const first = ([address, { otherAddress = address }]: (typeof drained)[number]): string =>
      familyOf(address) === 4 ? address : otherAddress;
    return new Set(drained.map(first)).size;
  }

  /** What is known of each by its address, in their order. */
  views(): ReadonlyMap<string, GatewayView> {
    return new Map([...this.#gateways].map(([address, gateway]) => [address, gateway.view()]));
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
function probersOf(
  probes: readonly ProbeConfig[],
  clock: Clock,
  known: ReadonlyMap<string, ProberModel> = new Map(),
): Map<string, ProberModel> {
  if (!probes.some(isBeyond) && probes.length === 1) return new Map();
  const modelOf = (probe: ProbeConfig) => known.get(probe.name) ?? new ProberModel(probe.name, isBeyond(probe), clock);
  return new Map(probes.map((probe) => [probe.name, modelOf(probe)]));
}

function isBeyond(probe: ProbeConfig): probe is BeyondProbe {
  return probe.kind === "beyond";
}

/** The time that a slot of the history follows: that of probes of gateways themselves, where they are known. */
function paceOf(probes: readonly ProbeConfig[]): number {
  return (probes.find((probe) => !isBeyond(probe)) ?? probes[0]!).period;
}
