import type { ServiceEvent } from "../events/events.ts";
import { perPool } from "../events/per-pool.ts";
import type { Clock } from "../time/clock.ts";
import { LogBuffer } from "./log-buffer.ts";
import type { Config } from "../config/model.ts";
import { ConfigurationModel } from "./configuration.ts";
import { ServiceFaults, withFaults } from "./faults.ts";
import { GatewaysModel } from "./gateways.ts";
import { viewGateway } from "./pool-view.ts";
import { PoolModel, type PoolModelOptions } from "./pool.ts";
import type { Report, Status } from "./schema.ts";
import type { PoolReport } from "./standing.ts";
import { Timestamp } from "./timestamp.ts";
import { verdictOfPools } from "./verdict.ts";

export interface StatusModelOptions {
  readonly config: Pick<Config, "gateways" | "probes" | "pools" | "exitCheck">;
  readonly pools: readonly [PoolModelOptions, ...PoolModelOptions[]];
  readonly build: { readonly version: string; readonly commit: string };
  readonly clock: Clock;
  /** The host name of the machine; empty where it has none. */
  readonly host?: string | undefined;
  /** The configuration file; undefined where there is none. */
  readonly file?: string | undefined;
}

/** What no event reports, so that it is read when a status is made. */
export interface Reports {
  readonly alive: Report;
  /** That of the service as a whole. */
  readonly standing: Report;
  /** Those of the pools in their order, where there are several. */
  readonly standings?: readonly PoolReport[];
}

/** The state of the running service, updated by its events. A status is made of it only when it is requested. */
export class StatusModel {
  /** The last lines of the log. */
  readonly log: LogBuffer;
  readonly #options: StatusModelOptions;
  readonly #gateways: GatewaysModel;
  readonly #faults = new ServiceFaults();
  #pools: readonly PoolModel[];
  #poolOf: (event: ServiceEvent) => PoolModel | undefined;
  readonly #started: Timestamp;
  readonly #configuration: ConfigurationModel | undefined;

  constructor(options: StatusModelOptions) {
    const { config, pools, clock } = options;
    this.#options = options;
    this.log = new LogBuffer(clock);
    this.#gateways = new GatewaysModel(config, clock);
    this.#pools = pools.map((pool) => new PoolModel(pool, this.#gateways, clock));
    this.#poolOf = perPool(this.#pools, (model) => model);
    this.#started = new Timestamp(clock);
    const { file } = options;
    this.#configuration = file === undefined ? undefined : new ConfigurationModel(file, clock);
  }

  /** From now on this is the configuration. What is known of gateways and pools that stay remains. */
  reload({ config, pools }: Pick<StatusModelOptions, "config" | "pools">): void {
    const before = new Map(this.#pools.map((model) => [model.name, model]));
    const { clock } = this.#options;
    this.#gateways.reload(config);
    this.#pools = pools.map((one) => new PoolModel(one, this.#gateways, clock, before.get(one.pool.name)));
    this.#poolOf = perPool(this.#pools, (model) => model);
  }

  record(event: ServiceEvent): void {
    if (event.type === "reload") this.#configuration?.record(event);
    this.#faults.record(event);
    this.#gateways.record(event);
    // A look-up belongs to all pools that have the gateway.
    if (event.type === "public-ip" && event.pool === undefined) for (const pool of this.#pools) pool.record(event);
    else this.#poolOf(event)?.record(event);
  }

  /** The service as it is now. */
  status({ alive, standing, standings }: Reports): Status {
    const { build, clock, host } = this.#options;
    const shared = this.#gateways.views();
    const views = this.#pools.map((pool, index) => pool.view(standings?.[index] ?? standing, shared));
    const { tiers, families, routing, ddns, dnsNames } = views[0]!;
    const targetsAtFault = this.#gateways.targetsAtFault();
    const pools = this.#pools.flatMap((pool, index) => pool.describe(views[index]!) ?? []);
    const service = {
      name: "gateway-route-manager" as const,
      version: build.version,
      commit: build.commit,
      time: clock.format(clock.wall()),
      ...(host && { host }),
      started: this.#started.view(),
      alive: { ok: alive.ok, why: alive.why },
      ...(this.#configuration && { configuration: this.#configuration.view() }),
    };
    const verdict = verdictOfPools(
      this.#pools.map(({ name }, index) => ({ name, ...views[index]! })),
      this.#gateways.drainedCount,
    );
    return {
      ...withFaults(verdict, this.#faults.list(alive, service)),
      service,
      gateways: [...shared].map(([address, view]) => {
        const used = views.find(({ gateways }) => gateways.has(address))?.gateways.get(address);
        return viewGateway(view, used, this.#gateways.exitOf(address));
      }),
      slotSeconds: this.#gateways.slotMs / 1000,
      ...(targetsAtFault && { targetsAtFault }),
      ...(tiers && { tiers }),
      ...(families && pools.length === 0 && { families }),
      routing,
      ddns,
      ...(dnsNames && pools.length === 0 && { dnsNames }),
      ...(pools.length > 0 && { pools }),
    };
  }
}
