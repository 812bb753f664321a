import { createPages, type Pages } from "../api/pages.ts";
import { EventStream } from "../api/stream.ts";
import { COMMIT, VERSION } from "../build.ts";
import type { Config } from "../config/parse.ts";
import { Ddns } from "../ddns/ddns.ts";
import { PROVIDERS } from "../ddns/providers.ts";
import type { Hooks } from "../hooks/hooks.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { Picture } from "../picture/picture.ts";
import { httpProbe } from "../probe/http.ts";
import { destinationsOf } from "../routing/destinations.ts";
import { GUARD_SPAN, refusingOf } from "../routing/guard.ts";
import { createKernel } from "../routing/kernel.ts";
import type { Signal } from "../routing/monitor.ts";
import { layoutOf } from "../routing/slots.ts";
import { createDdnsNarrator } from "../telemetry/ddns-narrator.ts";
import type { Log } from "../telemetry/log.ts";
import { createNarrator } from "../telemetry/narrator.ts";
import { createRecorder } from "../telemetry/recorder.ts";
import { remembering } from "../telemetry/remember.ts";
import { type Report, startServer } from "../telemetry/server.ts";
import { Board } from "./board.ts";
import { machineClock } from "./clock.ts";
import { CommonCause, SLACK_MS } from "./common-cause.ts";
import type { Emit } from "./events.ts";
import { fanOut } from "./fan-out.ts";
import { removeLeftovers } from "./leftovers.ts";
import { lockPreferences, lockTable } from "./lock.ts";
import { pace } from "./pace.ts";
import { checkMachine, StartError } from "./preflight.ts";
import { Reconciler } from "./reconciler.ts";
import { startSchedule, steadyNow } from "./schedule.ts";
import { Selector } from "./selector.ts";

/** A running service. */
export interface Service {
  /** Whether it does its work. */
  health(): Report;
  /**
   * Stops probing and takes everything out of the kernel, or leaves it all there with `-on-exit keep`. Resolves to whether
   * the kernel is as it should be.
   */
  stop(): Promise<boolean>;
}

/** Kernel events are answered at once, and then at most this often. */
const EVENT_INTERVAL_MS = 50;

/** A routing daemon may change other tables all the time; they matter only to a gateway that had no way. */
const ELSEWHERE_INTERVAL_MS = 1000;

/** Links that flap for long must not make a flood of probes: 500 a second at most. */
const PROBE_SPACING_MS = 2;

/** After a crash of several instances, so much time for the others to start and claim their tables again. */
const SIBLINGS_MS = 3000;

const LEFTOVERS_RETRY_MS = 60_000;

/**
 * A stop takes milliseconds, and on a machine that is busy with its shutdown much longer; service managers and containers
 * wait for five seconds at least before they kill.
 */
const REMOVAL_LIMIT_MS = 2500;

/** What hooks have under way may go on for so long meanwhile. */
const HOOK_GRACE_MS = 300;

/**
 * The whole service: probes feed the board, the selector chooses among the healthy, the reconciler keeps the
 * kernel so, and the monitor wakes it when somebody else changed something. Once the routes are set, DDNS follows.
 *
 * @throws {StartError} when this machine or its settings don't allow it; the kernel is then untouched
 */
export async function startService(config: Config, mainLog: Log): Promise<Service> {
  const { gateways } = config;
  const place = { table: config.firstRoutingTableId, preference: config.firstRulePreference };

  const lock = lockTable(place.table);
  if (!lock) {
    throw new StartError(
      `another instance manages table ${place.table}`,
      "stop it, or give this one its own -first-routing-table-id and -first-rule-preference",
    );
  }
  const refuses = refusingOf(config.whenNoGateways) !== undefined;
  const preferences = await lockPreferences(place.preference, refuses);
  if ("rival" in preferences) {
    lock.release();
    throw new StartError(
      `another running instance with -first-rule-preference ${preferences.rival} is in the way of ${preferenceText(place.preference, refuses)}`,
      `give one of them a -first-rule-preference that is ${GUARD_SPAN} or more away`,
    );
  }
  const picture = new Picture({
    config,
    place,
    ddnsLabel: config.ddnsProvider && PROVIDERS[config.ddnsProvider].label,
    build: { version: VERSION, commit: COMMIT },
    clock: machineClock,
  });
  const status = () => picture.status({ alive: reports.health(), standing: reports.readiness() });
  const stream = new EventStream({ status, entriesSince: (id) => picture.journal.since(id) });
  const log = remembering(mainLog, (level, text) => stream.logged(picture.journal.add(level, text)));
  const recorder = createRecorder(config);
  const hooks = await hooksOf(config, log, (event) => emit(event));
  const narrators = [createNarrator(log, place.table), createDdnsNarrator(log, config.ddnsHostname ?? "")];
  const emit = fanOut(
    recorder.record,
    ...narrators,
    (event) => picture.record(event),
    () => stream.changed(),
    (event) => hooks?.record(event),
    (event) => selector.record(event),
    (event) => commonCause.record(event),
    (event) => {
      if (event.type === "probe") lastProbe = steadyNow();
      if (event.type === "settled") cleanUpOnce();
      if (event.type === "active") ddns?.setActive(event.gateways, selector.kept);
      if (event.type === "observed") ddns?.setAddresses(event.addresses);
    },
  );
  let lastProbe = steadyNow();
  const selector = new Selector({
    gateways,
    flapHold: config.flapHold,
    quorum: { least: config.minHealthy, policy: config.minHealthyPolicy },
    emit,
    onChange: () => board.reconsider(),
  });
  const commonCause = new CommonCause({
    moment: config.checkPeriod + config.timeout + SLACK_MS,
    emit,
    look: () => reconciler.look(),
  });

  const mostWords = await checkMachine(config);
  const kernel = createKernel({ place, mostWords, onRun: (ok) => emit({ type: "ip-run", ok }) });
  const reconciler = new Reconciler({
    kernel,
    layout: layoutOf(gateways),
    destinations: destinationsOf(config),
    place,
    whenNoGateways: config.whenNoGateways,
    emit,
  });
  const ddns = config.ddnsProvider && new Ddns({ config, emit, readAddresses: () => kernel.readAddresses() });
  const cleanUpOnce = once(() => {
    const cleanUp = (): void => {
      void removeLeftovers(kernel, emit).catch((error: Error) => {
        log(
          "error",
          `leftovers of an earlier run: ${error.message}; trying again in ${formatDuration(LEFTOVERS_RETRY_MS)}`,
        );
        setTimeout(cleanUp, LEFTOVERS_RETRY_MS).unref();
      });
    };
    setTimeout(cleanUp, SIBLINGS_MS).unref();
  });

  const reports = { health: () => health(lastProbe, config), readiness: () => reconciler.standing };
  const pages = createPages({
    status,
    events: stream.page,
    version: VERSION,
    log: () => ({ entries: [...picture.journal.since()] }),
    protected: config.httpPassword !== undefined,
  });
  const server = listen(config, recorder.registry, { ...reports, pages: config.statusPage ? pages : {} });
  const adopted = await reconciler.adopt();
  emit({ type: "adopted", gateways: [...adopted] });
  await reconciler.close();
  log("info", introduction(config, adopted.size));

  const board = new Board({
    gateways,
    thresholds: { rise: config.rise, fall: config.fall },
    adopted,
    emit,
    select: (up) => selector.select(up),
    onSelected: (used) => reconciler.serve(used),
  });
  const schedule = startSchedule({
    gateways,
    probe: httpProbe(config),
    period: config.checkPeriod,
    fastPeriod: config.fastCheckPeriod,
    isBetweenStates: (gateway) => board.isBetweenStates(gateway),
    onResult: (gateway, result, extra) => board.record(gateway, result, extra),
  });
  const look = pace(() => reconciler.look(), EVENT_INTERVAL_MS);
  const lookAtLinks = pace(() => reconciler.look(true), EVENT_INTERVAL_MS);
  const lookElsewhere = pace(() => reconciler.look(true), ELSEWHERE_INTERVAL_MS);
  const probeAll = pace(() => schedule.probeAll(), Math.max(EVENT_INTERVAL_MS, gateways.length * PROBE_SPACING_MS));
  const onSignal = (signal: Signal): void => {
    if (signal === "links") {
      lookAtLinks.call();
      probeAll.call();
    } else if (signal !== "elsewhere") {
      look.call();
    } else if (reconciler.refuses) {
      lookElsewhere.call();
    }
  };
  const monitor = kernel.watch(onSignal, (trouble) => emit({ type: "watching", trouble }));

  return {
    health: reports.health,
    async stop() {
      schedule.stop();
      board.stop();
      selector.stop();
      monitor.stop();
      ddns?.stop();
      for (const paced of [look, lookAtLinks, lookElsewhere, probeAll]) paced.stop();
      const told = hooks?.stop(HOOK_GRACE_MS);
      const deadline = steadyNow() + REMOVAL_LIMIT_MS;
      const done = config.onExit === "keep" ? reconciler.leave(deadline).then(() => true) : reconciler.remove(deadline);
      const clean = await done;
      await told;
      stream.stop();
      server.stop();
      lock.release();
      preferences.release();
      return clean;
    },
  };
}

/** The hooks, where there are any; without them nothing of that is loaded. */
async function hooksOf(config: Config, log: Log, emit: Emit): Promise<Hooks | undefined> {
  if (config.onChange === undefined && config.webhookUrl === undefined) return undefined;
  const { startHooks } = await import("../hooks/hooks.ts");
  return startHooks(config, log, emit);
}

function preferenceText(preference: number, guarded: boolean): string {
  return guarded ? `the preferences ${preference} to ${preference + GUARD_SPAN - 1}` : `preference ${preference}`;
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function listen(
  { metricsAddress: address, metricsPort: port, httpPassword: password }: Config,
  registry: Parameters<typeof startServer>[0]["registry"],
  content: { health: () => Report; readiness: () => Report; pages: Pages },
): { stop(): void } {
  try {
    return startServer({ address, port, password, registry, ...content });
  } catch (error) {
    const where = address === "all" ? `port ${port}` : `${address} port ${port}`;
    const { code, message } = error as { code?: string; message: string };
    if (code === "EADDRINUSE") throw new StartError(`${where} is in use`, "choose another -metrics-port");
    if (code === "EACCES")
      throw new StartError(`no privilege to listen on ${where}`, "choose a -metrics-port above 1023");
    throw new StartError(`cannot listen on ${where}: ${message}`, "check -metrics-address and -metrics-port");
  }
}

/** Alive means that probes come to an end; a gateway that never answers is no reason to restart the service. */
function health(lastProbe: number, { checkPeriod, timeout }: Config): Report {
  const silence = steadyNow() - lastProbe;
  const limit = 3 * (checkPeriod + timeout) + 10_000;
  return silence < limit
    ? { ok: true, why: "probes are running" }
    : { ok: false, why: `no probe has ended for ${formatDuration(Math.round(silence))}` };
}

function introduction(config: Config, adopted: number): string {
  const { gateways, scheme, port, path, checkPeriod, route, firstRoutingTableId } = config;
  const range = gateways.length === 1 ? gateways[0] : `${gateways[0]} to ${gateways.at(-1)}`;
  const rhythm = `${scheme}://...:${port}${path} every ${formatDuration(checkPeriod)}`;
  const inUse = adopted === 0 ? "" : `; ${adopted} of them carry traffic since an earlier run`;
  const name = config.ddnsProvider ? `; keeping ${config.ddnsHostname} on their public addresses` : "";
  return `probing ${range} at ${rhythm}; managing ${route.map(formatCidr).join(", ")} in table ${firstRoutingTableId}${inUse}${name}`;
}
