import { differenceOf, isNothing, reloadable } from "../config/difference.ts";
import { type Config, type PoolConfig, probeTablesOf } from "../config/model.ts";
import type { ParsedConfig } from "../config/parse.ts";
import { placesBeside } from "../config/places-beside.ts";
import type { PlacePools } from "../config/pool-places.ts";
import { type Handler, problem } from "../control/protocol.ts";
import type { Emit } from "../events/events.ts";
import { differenceLines, fixedText } from "../log/reload-text.ts";
import type { Log } from "../log/log.ts";
import { logOfPool } from "../log/pool-log.ts";
import { failureText } from "../text/failure.ts";
import { steadyNow } from "../time/clock.ts";
import type { Control, Reloaded } from "./control.ts";
import type { Drains } from "./drains.ts";
import type { KernelMonitor } from "./kernel-monitor.ts";
import { keepLocks, lockPools, type PoolLocks } from "./lock-pools.ts";
import type { Observers } from "./observers.ts";
import { checkMarkers } from "./markers.ts";
import { checkReload } from "./preflight.ts";
import { outcomeOf, type ReloadAnswer, withLabels } from "./reload-answer.ts";
import { type Steps, stepsTo } from "./reload-steps.ts";
import { StartError } from "./start-error.ts";

/** Where another configuration comes from. */
export interface ReloadSource {
  /** Reads the configuration file again; pools get their places by the function. */
  read(placesOf: PlacePools): Promise<ParsedConfig>;
  /** Called when a reload begins, and when it has ended. */
  onBegin(): void;
  onEnd(): void;
}

export interface ReloaderOptions {
  readonly config: Config;
  /** Undefined where there is no configuration file. */
  readonly source: ReloadSource | undefined;
  readonly locks: PoolLocks;
  /** The configuration as this process can serve it. */
  readonly servable: (config: Config) => Config;
  /** The same as far as this machine can route it. */
  readonly routable: (config: Config) => Promise<Config>;
  readonly control: Pick<Control, "reload" | "leaving">;
  readonly drains: Pick<Drains, "reload">;
  readonly observers: Pick<Observers, "reload">;
  readonly liveness: { reload(config: Config): void };
  readonly answerWatch: { reload(config: Config): void };
  readonly monitor: Pick<KernelMonitor, "follow">;
  readonly emit: Emit;
  readonly log: Log;
}

/** So long a reload waits for the kernel. */
const SETTLING_LIMIT_MS = 10_000;

/** Said when the kernel does not let go of places that other pools are to have. */
const NOT_IN_PLACE = "pools have tables and preferences for the meantime: reload again once ip works";

const STOPPING: ReloadAnswer = { taken: false, problems: ["the service stops"] };

/** Problems that an answer has at most, and the log. */
const MOST_PROBLEMS = 100;
const MOST_LOGGED = 20;

/**
 * Reads the configuration file again and puts it in force, one time after the other. It is read and checked whole before
 * anything changes: with any problem, everything stays as it is.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #config: Config;
  #locks: PoolLocks;
  /** Pools with the places that they get in a reload that is under way. */
  #reserved: readonly PoolConfig[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<ReloadAnswer> | undefined;
  #isStopped = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#locks = options.locks;
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#config;
  }

  /** Meets the request of the command. */
  get handler(): Handler {
    const none = problem("no-file", "there is no configuration file to reload", "start the service with -config FILE");
    return async () => (this.#options.source === undefined ? none : { ok: true, result: await this.reload() });
  }

  /**
   * Reloads. While another reload is under way, one more follows it, for all that ask meanwhile: the file may have changed
   * after it was read.
   */
  reload(): Promise<ReloadAnswer> {
    if (this.#waiting) return this.#waiting;
    const next = this.#last.then(() => {
      this.#waiting = undefined;
      return this.#reload();
    });
    this.#waiting = next;
    this.#last = next.catch(() => {});
    return next;
  }

  /** From now on nothing is reloaded any more. Resolves when nothing is under way. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopped = true;
    await Promise.race([this.#last, new Promise((resolve) => void setTimeout(resolve, limitMs))]);
  }

  /** A former pool is out of the kernel: its table and preferences may be used by others. */
  release(): void {
    const pools = [...this.#config.pools, ...this.#options.control.leaving, ...this.#reserved];
    this.#locks = keepLocks(this.#locks, pools, probeTablesOf(this.#config));
  }

  releaseAll(): void {
    this.#locks.release();
  }

  async #reload(): Promise<ReloadAnswer> {
    const { source } = this.#options;
    if (this.#isStopped || source === undefined) return STOPPING;
    source.onBegin();
    try {
      return this.#report(await this.#readAndApply(source));
    } catch (error) {
      return this.#report({ taken: false, problems: [`unexpected error: ${(error as Error).message}`] });
    } finally {
      source.onEnd();
    }
  }

  async #readAndApply(source: ReloadSource): Promise<ReloadAnswer> {
    const running = this.#config;
    const parsed = await source.read(placesBeside(running.pools));
    if (!parsed.ok) return { taken: false, problems: parsed.problems };
    const wanted = await this.#routable(parsed.config);
    if ("problems" in wanted) return { taken: false, ...wanted };
    const difference = differenceOf(running, wanted);
    const taken = {
      taken: true as const,
      warnings: parsed.warnings.map(failureText),
      difference: withLabels(difference, [running, parsed.config]),
    };
    if (isNothing(difference)) return { ...taken, open: [], remaining: [] };
    const config = this.#options.servable(reloadable(running, wanted));
    const steps = await this.#prepare(config);
    if (!steps.ok) return { taken: false, problems: steps.problems };
    if (this.#isStopped) return STOPPING; // meanwhile
    const outcome = outcomeOf(await this.#applyAll(steps.configs));
    const late = this.#config === config ? [] : [NOT_IN_PLACE];
    return { ...taken, warnings: [...taken.warnings, ...late], ...outcome };
  }

  async #routable(config: Config): Promise<Config | { readonly problems: readonly string[] }> {
    try {
      return await this.#options.routable(config);
    } catch (error) {
      if (error instanceof StartError) return { problems: [error.message] };
      throw error;
    }
  }

  /** Checks and locks what this configuration needs; returns the steps to it, or every reason why there are none. */
  async #prepare(config: Config): Promise<Steps> {
    const steps = stepsTo(config, this.#config, this.#options.control.leaving);
    if (!steps.ok) return steps;
    try {
      checkReload(config);
      await checkMarkers(config);
      await this.#reserve(steps.configs);
    } catch (error) {
      if (error instanceof StartError) return { ok: false, problems: [error.message] };
      throw error;
    }
    return steps;
  }

  /**
   * Locks the places that pools have in any of these configurations.
   *
   * @throws {StartError} when another running instance has one of them; no lock is left then
   */
  async #reserve(steps: readonly Config[]): Promise<void> {
    try {
      for (const step of steps) this.#locks = await lockPools(step, this.#locks.parts);
    } catch (error) {
      this.release();
      throw error;
    }
    this.#reserved = steps.flatMap(({ pools }) => pools);
  }

  /** One step after the other; each has to be free of what it has replaced before the next one. */
  async #applyAll(steps: readonly Config[]): Promise<Reloaded> {
    let reloaded: Reloaded = { standings: [], remaining: [] };
    try {
      for (const step of steps) {
        if (this.#isStopped || reloaded.remaining.length > 0) break; // a stop has taken all out of the kernel
        reloaded = await this.#apply(step);
      }
    } finally {
      this.#reserved = [];
      this.release();
    }
    return reloaded;
  }

  async #apply(config: Config): Promise<Reloaded> {
    const { control, drains, observers, liveness, answerWatch, monitor } = this.#options;
    const observe = await observers.reload(config);
    // From here on to the first change in the same moment: no event falls between two configurations.
    this.#config = config;
    const drained = drains.reload(config);
    const observed = observe();
    liveness.reload(config);
    answerWatch.reload(config);
    monitor.follow(config);
    drained.apply();
    const reloaded = await control.reload(config, drained.addresses, steadyNow() + SETTLING_LIMIT_MS);
    await observed;
    return reloaded;
  }

  #report(answer: ReloadAnswer): ReloadAnswer {
    const { emit, log } = this.#options;
    const file = this.#config.service.config!;
    if (!answer.taken) {
      const problems = answer.problems.slice(0, MOST_PROBLEMS);
      emit({ type: "reload", problems });
      log("error", `${file} is not loaded: ${countOf(answer.problems)}; the configuration from before stays in force`);
      for (const one of problems.slice(0, MOST_LOGGED)) log("error", `not loaded: ${firstLine(one)}`);
      return { ...answer, problems };
    }
    emit({ type: "reload", problems: [] });
    const changes = differenceLines(answer.difference);
    log("info", `${file} is loaded: ${changes.length === 0 ? "nothing has changed" : changes.join("; ")}`);
    const fixed = fixedText(answer.difference);
    for (const warning of [...answer.warnings, ...(fixed === undefined ? [] : [fixed])]) log("warn", warning);
    for (const name of answer.remaining) {
      logOfPool(log, name ?? undefined)(
        "error",
        "rules and routes are still to be removed from the kernel; next try in a moment",
      );
    }
    return answer;
  }
}

function countOf({ length }: readonly string[]): string {
  return length === 1 ? "1 problem" : `${length} problems`;
}

/** Problems show the line of the file as well, which a log has no room for. */
function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
