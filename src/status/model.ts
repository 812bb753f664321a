import type { ServiceEvent } from "../events/events.ts";
import { perPool } from "../events/per-pool.ts";
import type { Clock } from "../time/clock.ts";
import { LogBuffer } from "./log-buffer.ts";
import { PoolModel, type PoolModelOptions } from "./pool.ts";
import type { Report, Status } from "./schema.ts";
import { Timestamp } from "./timestamp.ts";

export interface StatusModelOptions {
  readonly pools: readonly [PoolModelOptions, ...PoolModelOptions[]];
  readonly build: { readonly version: string; readonly commit: string };
  readonly clock: Clock;
}

/** What no event reports, so that it is read when a status is made. */
export interface Reports {
  readonly alive: Report;
  readonly standing: Report;
}

/** The state of the running service, updated by its events. A status is made of it only when it is requested. */
export class StatusModel {
  /** The last lines of the log. */
  readonly log: LogBuffer;
  readonly #options: StatusModelOptions;
  readonly #pools: readonly PoolModel[];
  readonly #poolOf: (event: ServiceEvent) => PoolModel | undefined;
  readonly #started: Timestamp;

  constructor(options: StatusModelOptions) {
    const { pools, clock } = options;
    this.#options = options;
    this.log = new LogBuffer(clock);
    this.#pools = pools.map((pool) => new PoolModel(pool, clock));
    this.#poolOf = perPool(this.#pools, (model) => model);
    this.#started = new Timestamp(clock);
  }

  record(event: ServiceEvent): void {
    this.#poolOf(event)?.record(event);
  }

  /** The service as it is now. */
  status({ alive, standing }: Reports): Status {
    const { build, clock } = this.#options;
    // A status describes one pool, the first; the schema has no place for others yet.
    const { verdict, why, ...pool } = this.#pools[0]!.view(standing);
    return {
      verdict,
      why,
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
