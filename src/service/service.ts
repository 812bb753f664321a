import { familiesOf, familyPlacesOf, inFamily } from "../config/families.ts";
import type { Config, PoolConfig } from "../config/model.ts";
import { createEventBus } from "../events/bus.ts";
import { Rejections } from "../http/rejections.ts";
import type { Log } from "../log/log.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import { readinessOf } from "../status/readiness.ts";
import type { Report } from "../status/schema.ts";
import { reportOf } from "../status/standing.ts";
import { type PoolUse, useOf } from "../status/usable.ts";
import { failureText } from "../text/failure.ts";
import { createAnswerWatch } from "./answer-watch.ts";
import { lockPools, type PoolLocks } from "./lock-pools.ts";
import { openCommands } from "./commands.ts";
import { Control } from "./control.ts";
import { Drains } from "./drains.ts";
import { HashSeed } from "./hash-seed.ts";
import { squatterWarning } from "./held-locks.ts";
import { connectionLimits, hostRulesOf, openPort } from "./http-port.ts";
import { introduce } from "./introduction.ts";
import { withoutMissingIpv6 } from "./ipv6-ability.ts";
import { machineFamilies } from "./machine-families.ts";
import { KernelMonitor } from "./kernel-monitor.ts";
import { createLiveness } from "./liveness.ts";
import { createObservers } from "./observers.ts";
import { createOrphanCleaner } from "./orphans.ts";
import { withoutMarks } from "./look-up-paths.ts";
import { drainFileOf, hashSeedFileOf } from "./own-files.ts";
import { placesAnswer } from "./places-answer.ts";
import { checkMachine } from "./preflight.ts";
import { TrackFiles } from "./track-files.ts";
import { Reloader, type ReloadSource } from "./reloader.ts";
import { forFile } from "./same-file.ts";

/** A stop waits so long for a reload that is under way. */
const RELOAD_LIMIT_MS = 500;

/** A running service. */
export interface Service {
  /** Whether it does its work. */
  health(): Report;
  /** The configuration in force. */
  readonly config: Config;
  /** Reads the configuration file again, and puts it in force unless it has problems. */
  reload(): Promise<unknown>;
  /**
   * Stops probing and takes everything out of the kernel, or leaves it all there with `-on-exit keep`. Resolves to whether
   * the kernel is as it should be.
   *
   * @param reason what asks for it, such as SIGTERM
   */
  stop(reason: string): Promise<boolean>;
}

/**
 * Starts the whole service: the gateways and their pools, one monitor of the kernel for all of them, and observers that
 * listen to their events.
 *
 * @param mayBegin asked right before the kernel is changed for the first time
 * @param source where another configuration comes from; undefined where there is no configuration file
 * @param announce logs what else a reader wants to know once
 * @returns undefined when it may not begin
 * @throws {StartError} when this machine or its settings don't allow it; the kernel is then untouched
 */
export async function startService(
  given: Config,
  mainLog: Log,
  mayBegin: () => boolean,
  source?: ReloadSource,
  announce: (config: Config, log: Log) => void = () => {},
): Promise<Service | undefined> {
  const config = servable(await routable(given, mainLog), mainLog);
  const locks = await lockPools(config);
  for (const squatter of locks.despite) mainLog("warn", failureText(squatterWarning(squatter)));
  // Only now: until then the track files may be those of another instance, which runs.
  const trackFiles = new TrackFiles(mainLog);
  await trackFiles.show(config, config.pools.map(startingUse));
  try {
    const service = await startLocked({ config, mainLog, mayBegin, source, announce, locks, trackFiles });
    if (service === undefined) await trackFiles.stop();
    return service;
  } catch (error) {
    await trackFiles.stop();
    throw error;
  }
}

interface LockedStart {
  readonly config: Config;
  readonly mainLog: Log;
  readonly mayBegin: () => boolean;
  readonly source: ReloadSource | undefined;
  readonly announce: (config: Config, log: Log) => void;
  readonly locks: PoolLocks;
  readonly trackFiles: TrackFiles;
}

/** The rest of the start, once no other instance has the places of the pools. */
async function startLocked(start: LockedStart): Promise<Service | undefined> {
  const { config, mainLog, mayBegin, source, announce, locks, trackFiles } = start;
  const mostWords = await checkMachine(config);

  const bus = createEventBus();
  const { emit, subscribe } = bus;
  const kernel = createKernel({ mostWords, families: machineFamilies(), onRun: (ok) => emit({ type: "ip-run", ok }) });
  const liveness = createLiveness(config);
  const pools = () =>
    control.pools.map(({ name, use, standing, standings }) => ({ name, use, standing: reportOf(standing, standings) }));
  const reports = {
    health: liveness.report,
    readiness: () => readinessOf(pools()),
    standings: () => pools().map(({ standing }) => standing),
  };
  const rejections = new Rejections(emit);
  const hosts = hostRulesOf(config.service, rejections);
  const limits = connectionLimits();
  const observers = await createObservers({ config, log: mainLog, emit, hosts, reports, followers: limits.followers });
  const { log } = observers;
  const cleanOrphans = createOrphanCleaner(kernel, () => familyPlacesOf(reloader.config), emit, log);
  const drains = new Drains({ config, file: drainFileOf(config, process.env), emit, log });
  const control = new Control({
    ...{ config, kernel, bus, drained: drains.addresses, onSettled: cleanOrphans },
    onRemoved: () => reloader.release(),
    onUsable: () => {
      const uses = control.pools.map(({ use }) => use);
      void trackFiles.show(reloader.config, uses);
    },
  });
  const monitor = new KernelMonitor({
    kernel,
    onEvent: (event) => control.onKernelEvent(event),
    onWatching: (trouble) => emit({ type: "watching", trouble }),
  });
  const answerWatch = createAnswerWatch({ config, kernel, log });
  const reloader = new Reloader({
    ...{ config, source, locks, control, drains, observers, liveness, answerWatch, monitor, emit, log },
    servable: (changed) => servable(changed, log),
    routable: (changed) => routable(changed, log),
  });
  subscribe(...observers.listeners, liveness.record, answerWatch.record);

  const { registry, routes } = observers;
  const server = openPort(config.service, {
    health: reports.health,
    pools,
    registry,
    routes,
    hosts,
    rejections,
    limits,
  });
  const adopted = await control.adopt();
  if (!mayBegin()) return undefined;
  const hashSeed = new HashSeed(hashSeedFileOf(config, process.env), log);
  await hashSeed.use(config.service.hashSeed);
  await control.prepare();
  introduce(config, adopted, log);
  announce(config, log);
  drains.report();
  control.start();
  monitor.follow(config);
  const handlers = {
    ...forFile(config.service.config, { ...drains.handlers(control), reload: reloader.handler }),
    places: async () => placesAnswer(reloader.config),
  };
  const commands = await openCommands(config, handlers, source !== undefined || drains.wereUsed, log);

  return {
    health: reports.health,
    get config() {
      return reloader.config;
    },
    reload: () => reloader.reload(),
    async stop(reason) {
      const tracked = trackFiles.stop();
      commands.stop();
      await reloader.stop(RELOAD_LIMIT_MS);
      monitor.stop();
      answerWatch.stop();
      control.stop();
      const hooksEnded = observers.endHooks();
      const keep = reloader.config.service.onExit === "keep";
      const clean = await (keep ? control.leaveAll() : control.removeAll());
      if (!keep) await hashSeed.use(undefined);
      await Promise.all([hooksEnded, tracked]);
      await observers.endStream({ reason, routes: keep ? "kept" : clean ? "removed" : "left" });
      server.stop();
      rejections.stop();
      reloader.releaseAll();
      return clean;
    },
  };
}

/** What a pool can carry before anything is known of its gateways. */
function startingUse(pool: PoolConfig): PoolUse {
  const families = familiesOf(pool).map((family) => {
    return { family, usable: 0, total: inFamily(pool, family)!.gateways.length, isStarting: true };
  });
  return useOf({ name: pool.name, least: pool.usableMin, gateways: pool.members.length }, families);
}

/** The configuration as far as this machine can route it, which may be without IPv6. */
async function routable(given: Config, log: Log): Promise<Config> {
  const { config, warning } = await withoutMissingIpv6(given);
  if (warning) log("warn", failureText(warning));
  return config;
}

/** The configuration as it can be served by this process, which may not be able to mark packets. */
function servable(config: Config, log: Log): Config {
  const unmarked = withoutMarks(config);
  if (unmarked) log("warn", failureText(unmarked));
  return unmarked?.config ?? config;
}
