import { type Config, type PoolConfig, tableRefOf } from "../config/parse.ts";
import { Ddns } from "../ddns/ddns.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { destinationsOf } from "../config/destinations.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import { layoutOf } from "../routing/slots.ts";
import type { Log } from "../log/log.ts";
import type { Report } from "../http/server.ts";
import { createObservers } from "./observers.ts";
import { claimPlace } from "./claim.ts";
import { CommonCause, SLACK_MS } from "../pool/common-cause.ts";
import { createEventBus } from "../events/bus.ts";
import { startControlLoop } from "./control-loop.ts";
import { createOrphanCleaner } from "./orphans.ts";
import { createLiveness } from "./liveness.ts";
import { openPort } from "./http-port.ts";
import { checkMachine } from "./preflight.ts";
import { Reconciler } from "../routing/reconciler.ts";
import { steadyNow } from "../time/clock.ts";
import { Selector } from "../pool/selector.ts";

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

/**
 * A stop takes milliseconds, and on a machine that is busy with its shutdown much longer; service managers and containers
 * wait for five seconds at least before they kill.
 */
const REMOVAL_LIMIT_MS = 2500;

/**
 * The whole service: probes feed the board, the selector chooses among the healthy, the reconciler keeps the
 * kernel so, and the monitor wakes it when somebody else changed something. Once the routes are set, DDNS follows.
 *
 * @param mayBegin asked right before the kernel is changed for the first time
 * @returns undefined when it may not begin
 * @throws {StartError} when this machine or its settings don't allow it; the kernel is then untouched
 */
export async function startService(
  config: Config,
  mainLog: Log,
  mayBegin: () => boolean,
): Promise<Service | undefined> {
  const [pool] = config.pools;
  const { gateways, whenNoGateways } = pool;
  const place = tableRefOf(pool);
  const claim = await claimPlace(place, whenNoGateways);
  const mostWords = await checkMachine(pool);

  const { emit, follow } = createEventBus();
  const kernel = createKernel({ place, mostWords, onRun: (ok) => emit({ type: "ip-run", ok }) });
  const destinations = destinationsOf(pool);
  const reconciler = new Reconciler({ kernel, layout: layoutOf(gateways), destinations, place, whenNoGateways, emit });
  const liveness = createLiveness(pool);
  const reports = { health: liveness.report, readiness: () => reconciler.standing };
  const audience = await createObservers({ config, place, log: mainLog, emit, reports });

  let reconsider = (): void => {}; // nothing is chosen before the first probes
  const selector = new Selector({
    gateways,
    flapHold: pool.flapHold,
    quorum: { least: pool.minHealthy, policy: pool.minHealthyPolicy },
    emit,
    onChange: () => reconsider(),
  });
  const moment = pool.checkPeriod + pool.timeout + SLACK_MS;
  const commonCause = new CommonCause({ moment, emit, look: () => reconciler.look() });
  const ddns = pool.ddnsProvider && new Ddns({ settings: pool, emit, readAddresses: () => kernel.readAddresses() });
  follow(
    ...audience.listeners,
    (event) => selector.record(event),
    (event) => commonCause.record(event),
    liveness.record,
    createOrphanCleaner(kernel, emit, audience.log),
    (event) => {
      if (event.type === "active") ddns?.setActive(event.gateways, selector.kept);
      if (event.type === "observed") ddns?.setAddresses(event.addresses);
    },
  );

  const server = openPort(config.service, { ...reports, registry: audience.registry, pages: audience.pages });
  const adopted = await reconciler.adopt();
  emit({ type: "adopted", gateways: [...adopted] });
  if (!mayBegin()) return undefined;
  await reconciler.close();
  audience.log("info", introduction(pool, adopted.size));
  const flow = startControlLoop({ pool, adopted, selector, reconciler, kernel, emit });
  reconsider = flow.reconsider;

  return {
    health: reports.health,
    async stop() {
      for (const part of [flow, selector, ddns]) part?.stop();
      const hooksEnded = audience.endHooks();
      const deadline = steadyNow() + REMOVAL_LIMIT_MS;
      const keep = config.service.onExit === "keep";
      const clean = await (keep ? reconciler.leave(deadline).then(() => true) : reconciler.remove(deadline));
      await hooksEnded;
      audience.endStream();
      server.stop();
      claim.release();
      return clean;
    },
  };
}

function introduction(pool: PoolConfig, adopted: number): string {
  const { gateways, scheme, port, path, checkPeriod, route, firstRoutingTableId } = pool;
  const range = gateways.length === 1 ? gateways[0] : `${gateways[0]} to ${gateways.at(-1)}`;
  const rhythm = `${scheme}://...:${port}${path} every ${formatDuration(checkPeriod)}`;
  const inUse = adopted === 0 ? "" : `; ${adopted} of them carry traffic since an earlier run`;
  const name = pool.ddnsProvider ? `; keeping ${pool.ddnsHostname} on their public addresses` : "";
  return `probing ${range} at ${rhythm}; managing ${route.map(formatCidr).join(", ")} in table ${firstRoutingTableId}${inUse}${name}`;
}
