import type { Config } from "../config/parse.ts";
import type { ServiceEvent, Shortage } from "../events/events.ts";
import type { Place } from "../routing/types.ts";
import { type Clock, Stamp } from "./timestamp.ts";
import { DdnsPicture } from "./ddns.ts";
import { GatewayPicture } from "./gateway.ts";
import { slotLength } from "./history.ts";
import { Journal } from "./log-buffer.ts";
import { RoutingPicture } from "./routing.ts";
import type { Report, Status } from "./schema.ts";
import { judge } from "./verdict.ts";

export interface PictureOptions {
  readonly config: Config;
  readonly place: Place;
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
export class Picture {
  readonly journal: Journal;
  readonly #options: PictureOptions;
  readonly #gateways: ReadonlyMap<string, GatewayPicture>;
  readonly #routing: RoutingPicture;
  readonly #ddns: DdnsPicture | undefined;
  readonly #started: Stamp;
  readonly #slotMs: number;
  #shortage: Shortage | undefined;

  constructor(options: PictureOptions) {
    const { config, place, ddnsLabel, clock } = options;
    const conditional = config.ddnsRequireIpAddress !== undefined;
    this.journal = new Journal(clock);
    this.#options = options;
    this.#slotMs = slotLength(config.checkPeriod);
    this.#gateways = new Map(config.gateways.map((one) => [one, new GatewayPicture(one, this.#slotMs, clock)]));
    this.#routing = new RoutingPicture(place, config.whenNoGateways, clock);
    this.#ddns =
      ddnsLabel === undefined ? undefined : new DdnsPicture(ddnsLabel, config.ddnsHostname!, conditional, clock);
    this.#started = new Stamp(clock);
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
      case "refused":
        for (const gateway of event.gateways) this.#gateways.get(gateway)!.leaveOut(event.why);
        break;
      case "accepted":
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
    const { build, clock, config } = this.#options;
    const shares = this.#routing.shares();
    const gateways = [...this.#gateways].map(([address, gateway]) =>
      gateway.view(shares.get(address), this.#ddns !== undefined),
    );
    return {
      ...judge(gateways, standing, config.whenNoGateways, this.#shortage),
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
