import type { ServiceEvent } from "../events/events.ts";
import { perPool } from "../events/per-pool.ts";
import type { Clock } from "../time/clock.ts";
import { LogBuffer } from "./log-buffer.ts";
import type { Config } from "../config/model.ts";
import { GatewaysModel } from "./gateways.ts";
import { PoolModel, type PoolModelOptions } from "./pool.ts";
import type { Report, Status } from "./schema.ts";
import { Timestamp } from "./timestamp.ts";
import { verdictOfPools } from "./verdict.ts";

export interface StatusModelOptions {
  readonly config: Pick<Config, "gateways" | "probes" | "exitCheck">;
  readonly pools: readonly [PoolModelOptions, ...PoolModelOptions[]];
  readonly build: { readonly version: string; readonly commit: string };
  readonly clock: Clock;
}

/** What no event reports, so that it is read when a status is made. */
export interface Reports {
  readonly alive: Report;
  /** That of the service as a whole. */
  readonly standing: Report;
  /** Those of the pools in their order, where there are several. */
  readonly standings?: readonly Report[];
}

/** The state of the running service, updated by its events. A status is made of it only when it is requested. */
export class StatusModel {
  /** The last lines of the log. */
  readonly log: LogBuffer;
  readonly #options: StatusModelOptions;
  readonly #gateways: GatewaysModel;
  readonly #pools: readonly PoolModel[];
  readonly #poolOf: (event: ServiceEvent) => PoolModel | undefined;
  readonly #started: Timestamp;

  constructor(options: StatusModelOptions) {
    const { config, pools, clock } = options;
    this.#options = options;
    this.log = new LogBuffer(clock);
    this.#gateways = new GatewaysModel(config, clock);
    this.#pools = pools.map((pool) => new PoolModel(pool, this.#gateways, clock));
    this.#poolOf = perPool(this.#pools, (model) => model);
    this.#started = new Timestamp(clock);
  }

  record(event: ServiceEvent): void {
    this.#gateways.record(event);
    // A look-up that is part of a probe belongs to all pools that have the gateway.
    if (event.type === "public-ip" && event.pool === undefined) for (const pool of this.#pools) pool.record(event);
    else this.#poolOf(event)?.record(event);
  }

  /** The service as it is now. */
  status({ alive, standing, standings }: Reports): Status {
    const { build, clock } = this.#options;
    const views = this.#pools.map((pool, index) => pool.view(standings?.[index] ?? standing));
    // But for the verdict, a status describes one pool, the first; the schema has no place for others yet.
    const { verdict: _, why: __, ...pool } = views[0]!;
    return {
      ...verdictOfPools(
        this.#pools.map(({ name }, index) => ({ name, ...views[index]! })),
        this.#gateways.drainedCount,
      ),
      service: {
        name: "gateway-route-manager",
        version: build.version,
        commit: build.commit,
        time: clock.format(clock.wall()),
        started: this.#started.view(),
        alive: { ok: alive.ok, why: alive.why },
      },
      ...pool,
    };
  }
}
