import type { Registry } from "prom-client";

import { createApi, type Routes } from "../http/api.ts";
import { SseStream } from "../http/sse.ts";
import { COMMIT, VERSION } from "../build.ts";
import { type Config, tableRefOf } from "../config/parse.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import type { Hooks } from "../hooks/hooks.ts";
import { StatusModel } from "../status/model.ts";
import { createDdnsLog } from "../log/ddns-log.ts";
import type { Log } from "../log/log.ts";
import { createServiceLog } from "../log/service-log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { tee } from "../log/tee.ts";
import type { ServerOptions } from "../http/server.ts";
import { machineClock } from "../time/clock.ts";
import type { Emit } from "../events/events.ts";

export interface ObserverOptions {
  readonly config: Config;
  readonly log: Log;
  readonly emit: Emit;
  readonly reports: Pick<ServerOptions, "health" | "readiness">;
}

export interface Observers {
  /** To be told of each event, in this order. */
  readonly listeners: readonly Emit[];
  /** The log whose lines the picture and the live stream have as well. */
  readonly log: Log;
  readonly registry: Registry;
  readonly routes: Routes;
  /** Ends the hooks. What they have under way may go on for a moment. */
  endHooks(): Promise<void>;
  /** Lets all go who follow the live stream. */
  endStream(): void;
}

/** What hooks have under way may go on for so long while the routes are removed. */
const HOOK_GRACE_MS = 300;

/** All that only listens, and changes nothing in the network: metrics, log, picture, live stream and hooks. */
export async function createObservers({ config, log: mainLog, emit, reports }: ObserverOptions): Promise<Observers> {
  const [pool] = config.pools;
  const place = tableRefOf(pool);
  const picture = new StatusModel({
    pool,
    place,
    ddnsLabel: pool.ddnsProvider && PROVIDERS[pool.ddnsProvider].label,
    build: { version: VERSION, commit: COMMIT },
    clock: machineClock,
  });
  const status = () => picture.status({ alive: reports.health(), standing: reports.readiness() });
  const stream = new SseStream({ status, entriesSince: (id) => picture.journal.since(id) });
  const log = tee(mainLog, (level, text) => stream.logged(picture.journal.add(level, text)));
  const recorder = createMetrics(config);
  const hooks = await hooksOf(config, log, emit);
  const api = createApi({
    status,
    events: stream.handler,
    version: VERSION,
    log: () => ({ entries: [...picture.journal.since()] }),
    protected: config.service.httpPassword !== undefined,
  });
  return {
    listeners: [
      recorder.record,
      createServiceLog(log, place.table),
      createDdnsLog(log, pool.ddnsHostname ?? ""),
      (event) => picture.record(event),
      () => stream.changed(),
      (event) => hooks?.record(event),
    ],
    log,
    registry: recorder.registry,
    routes: config.service.statusPage ? api : {},
    endHooks: async () => hooks?.stop(HOOK_GRACE_MS),
    endStream: () => stream.stop(),
  };
}

/** The hooks, where there are any; without them nothing of that is loaded. */
async function hooksOf(config: Config, log: Log, emit: Emit): Promise<Hooks | undefined> {
  if (config.service.onChange === undefined && config.service.webhookUrl === undefined) return undefined;
  const { startHooks } = await import("../hooks/hooks.ts");
  return startHooks(config, log, emit);
}
