import type { PoolConfig } from "../config/parse.ts";
import type { ServiceEvent } from "../events/events.ts";
import type { Shortage } from "../pool/select.ts";
import type { TableRef } from "../routing/types.ts";
import type { Clock } from "../time/clock.ts";
import { Timestamp } from "./timestamp.ts";
import { DdnsModel } from "./ddns.ts";
import { GatewayModel } from "./gateway.ts";
import { slotLength } from "./history.ts";
import { LogBuffer } from "./log-buffer.ts";
import { RoutingModel } from "./routing.ts";
import type { Report, Status } from "./schema.ts";
import { judge } from "./verdict.ts";

export interface StatusModelOptions {
  readonly pool: PoolConfig;
  readonly place: TableRef;
  /** The provider's name in metrics; undefined without DDNS. */
  readonly ddnsLabel: string | undefined;
  readonly build: { readonly version: string; readonly commit: string };
  readonly clock: Clock;
}

/** What is known of the service only by asking for it. */
export interface Reports {
  readonly alive: Report;
  readonly standing: Report;
}

/**
 * A picture of the running service, kept up to date by its events. It costs a few writes into arrays for each probe;
 * everything else is made when somebody asks. It never grows.
 */
export class StatusModel {
  readonly journal: LogBuffer;
  readonly #options: StatusModelOptions;
  readonly #gateways: ReadonlyMap<string, GatewayModel>;
  readonly #routing: RoutingModel;
  readonly #ddns: DdnsModel | undefined;
  readonly #started: Timestamp;
  readonly #slotMs: number;
  #shortage: Shortage | undefined;

  constructor(options: StatusModelOptions) {
    const { pool, place, ddnsLabel, clock } = options;
    const conditional = pool.ddnsRequireIpAddress !== undefined;
    this.journal = new LogBuffer(clock);
    this.#options = options;
    this.#slotMs = slotLength(pool.checkPeriod);
    this.#gateways = new Map(pool.gateways.map((one) => [one, new GatewayModel(one, this.#slotMs, clock)]));
    this.#routing = new RoutingModel(place, pool.whenNoGateways, clock);
    this.#ddns = ddnsLabel === undefined ? undefined : new DdnsModel(ddnsLabel, pool.ddnsHostname!, conditional, clock);
    this.#started = new Timestamp(clock);
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "probe":
        this.#gateways.get(event.gateway)!.probed(event.result, event.failures);
        break;
      case "gateway":
        this.#gateways.get(event.gateway)!.turned(event.status);
        break;
      case "adopted":
        for (const gateway of event.gateways) this.#gateways.get(gateway)!.turned("up");
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
      case "public-ip-changed":
        this.#gateways.get(event.gateway)!.hasPublicAddress(event.to);
        break;
      case "public-ip-state":
        this.#gateways.get(event.gateway)!.addressBecomes(event.state);
        break;
      case "ddns-duty":
      case "ddns-verified":
      case "ddns-trouble":
      case "ddns-scheduled":
        this.#ddns?.record(event);
        break;
    }
  }

  /** The service as it is now. */
  status({ alive, standing }: Reports): Status {
    const { build, clock, pool } = this.#options;
    const shares = this.#routing.shares();
    const gateways = [...this.#gateways].map(([address, gateway]) =>
      gateway.view(shares.get(address), this.#ddns !== undefined),
    );
    return {
      ...judge(gateways, standing, pool.whenNoGateways, this.#shortage),
      service: {
        name: "gateway-route-manager",
        version: build.version,
        commit: build.commit,
        time: clock.format(clock.wall()),
        started: this.#started.view(),
        alive: { ok: alive.ok, why: alive.why },
      },
      gateways,
      slotSeconds: this.#slotMs / 1000,
      routing: this.#routing.view(standing),
      ddns: this.#ddns?.view() ?? null,
    };
  }
}
