import { hostname } from "node:os";

import { COMMIT, VERSION } from "../build.ts";
import { same } from "../config/difference.ts";
import { type Config, type PoolConfig, tableRefOf } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { Hooks } from "../hooks/hooks.ts";
import { createApi } from "../http/api.ts";
import type { Routes } from "../http/handler.ts";
import type { HostRules } from "../http/guards.ts";
import type { ServerOptions } from "../http/server.ts";
import { SseStream } from "../http/sse.ts";
import type { Log } from "../log/log.ts";
import { escapeMetrics } from "../text/escape.ts";
import { createReloadableLog } from "../log/service-log.ts";
import { tee } from "../log/tee.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Stopped } from "../status/schema.ts";
import { StatusModel, type StatusModelOptions } from "../status/model.ts";
import type { PoolModelOptions } from "../status/pool.ts";
import type { Report } from "../status/schema.ts";
import type { PoolReport } from "../status/standing.ts";
import { machineClock } from "../time/clock.ts";

export interface ObserverOptions {
  readonly config: Config;
  readonly log: Log;
  readonly emit: Emit;
  /** Where no password is required; by default public names are rejected. */
  readonly hosts?: HostRules;
  /** How many clients may follow the live stream. */
  readonly followers?: number;
  readonly reports: Pick<ServerOptions, "health"> & {
    /** Whether all pools have in the kernel what they should. */
    readonly readiness: () => Report;
    /** The same of each of them. */
    readonly standings: () => readonly PoolReport[];
  };
}

export interface Observers {
  /** Listeners for all events, to be called in this order. */
  readonly listeners: readonly Emit[];
  /** The log, whose lines the status and the live stream get as well. */
  readonly log: Log;
  readonly registry: ServerOptions["registry"];
  /** The status page and the API, unless they are turned off. */
  readonly routes: Routes;
  /**
   * Gets ready for another configuration.
   *
   * @returns what puts it in force at once; it resolves when all that belongs to the earlier one is gone
   */
  reload(config: Config): Promise<() => Promise<void>>;
  /** Ends the hooks. An attempt under way may go on for a moment. */
  endHooks(): Promise<void>;
  /** Disconnects the clients of the live stream, which learn that the service was stopped. */
  endStream(how: Omit<Stopped, "time">): Promise<void>;
}

/** Time for hooks that are under way when the service stops, while the routes are removed. */
const HOOK_GRACE_MS = 300;

/** Everything that listens to events and changes nothing in the network: metrics, log, status, live stream and hooks. */
export async function createObservers(options: ObserverOptions): Promise<Observers> {
  const { config, log: mainLog, emit, hosts, followers, reports } = options;
  const { service, pools } = config;
  const model = new StatusModel({
    ...modelParts(config),
    file: service.config,
    host: hostname(),
    build: { version: VERSION, commit: COMMIT },
    clock: machineClock,
  });
  const status = () =>
    model.status({ alive: reports.health(), standing: reports.readiness(), standings: reports.standings() });
  const stream = new SseStream({
    status,
    entriesSince: (id) => model.log.since(id),
    ...(followers !== undefined && { most: followers }),
  });
  const log = tee(mainLog, (...line) => stream.logged(model.log.add(...line)));
  const metrics = createMetrics(config);
  const serviceLog = createReloadableLog(log, pools);
  let inForce = config;
  const startHooks = (of: Config) => hooksOf(of, log, emit, showsHookOutput(of) ? log : mainLog);
  let hooks = await startHooks(config);
  const api = createApi({
    status,
    log: () => ({ entries: [...model.log.since()] }),
    events: stream.handler,
    version: VERSION,
    protected: service.httpPassword !== undefined,
    ...(hosts && { hosts }),
  });
  return {
    listeners: [
      (event) => metrics.record(event),
      serviceLog.record,
      (event) => model.record(event),
      () => stream.changed(),
      (event) => hooks?.record(event),
    ],
    log,
    registry: {
      metrics: async () => escapeMetrics(await metrics.registry.metrics()),
      contentType: metrics.registry.contentType,
    },
    routes: service.statusPage ? api : {},
    async reload(changed) {
      const keepsHooks = same(hookParts(inForce), hookParts(changed));
      const before = hooks;
      const after = keepsHooks ? hooks : await startHooks(changed);
      return async () => {
        inForce = changed;
        hooks = after;
        if (keepsHooks) hooks?.reload(changed.pools);
        serviceLog.reload(changed.pools);
        model.reload(modelParts(changed));
        stream.changed();
        await Promise.all([metrics.reload(changed), keepsHooks ? undefined : before?.stop(HOOK_GRACE_MS)]);
      };
    },
    endHooks: async () => hooks?.stop(HOOK_GRACE_MS),
    endStream: (how) => stream.end({ time: machineClock.format(machineClock.wall()), ...how }),
  };
}

function modelParts(config: Config): Pick<StatusModelOptions, "config" | "pools"> {
  const [first, ...others] = config.pools;
  return { config, pools: [modelOptions(first), ...others.map(modelOptions)] };
}

function modelOptions(pool: PoolConfig): PoolModelOptions {
  return { pool, tableRef: tableRefOf(pool) };
}

function hookParts({ service: { onChange, webhookUrl, hookTimeout, showHookOutput } }: Config): unknown {
  return [onChange, webhookUrl, hookTimeout, showHookOutput];
}

/** What a command prints may be secret, and is for visitors of the page only where these are known or that is asked for. */
function showsHookOutput({ service: { httpPassword, showHookOutput } }: Config): boolean {
  return httpPassword !== undefined || showHookOutput;
}

/** The hooks, if any are configured; without them none of their code is loaded. */
async function hooksOf(config: Config, log: Log, emit: Emit, outputLog: Log): Promise<Hooks | undefined> {
  const { onChange, webhookUrl } = config.service;
  if (onChange === undefined && webhookUrl === undefined) return undefined;
  const { startHooks } = await import("../hooks/hooks.ts");
  return startHooks(config, log, emit, outputLog);
}
