import type { Config } from "../config/parse.ts";
import { Ddns } from "../ddns/ddns.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { destinationsOf } from "../config/destinations.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import { layoutOf } from "../routing/slots.ts";
import type { Log } from "../log/log.ts";
import type { Report } from "../http/server.ts";
import { gatherAudience } from "./observers.ts";
import { claimPlace } from "./claim.ts";
import { CommonCause, SLACK_MS } from "../pool/common-cause.ts";
import { createFanOut } from "../events/bus.ts";
import { startFlow } from "./control-loop.ts";
import { createCleaner } from "./orphans.ts";
import { createLiveness } from "./liveness.ts";
import { openPort } from "./http-port.ts";
import { checkMachine } from "./preflight.ts";
import { Reconciler } from "../routing/reconciler.ts";
import { steadyNow } from "../pool/schedule.ts";
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
  const { gateways, whenNoGateways } = config;
  const place = { table: config.firstRoutingTableId, preference: config.firstRulePreference };
  const claim = await claimPlace(place, whenNoGateways);
  const mostWords = await checkMachine(config);

  const { emit, follow } = createFanOut();
  const kernel = createKernel({ place, mostWords, onRun: (ok) => emit({ type: "ip-run", ok }) });
  const destinations = destinationsOf(config);
  const reconciler = new Reconciler({ kernel, layout: layoutOf(gateways), destinations, place, whenNoGateways, emit });
  const liveness = createLiveness(config);
  const reports = { health: liveness.report, readiness: () => reconciler.standing };
  const audience = await gatherAudience({ config, place, log: mainLog, emit, reports });

  let reconsider = (): void => {}; // nothing is chosen before the first probes
  const selector = new Selector({
    gateways,
    flapHold: config.flapHold,
    quorum: { least: config.minHealthy, policy: config.minHealthyPolicy },
    emit,
    onChange: () => reconsider(),
  });
  const moment = config.checkPeriod + config.timeout + SLACK_MS;
  const commonCause = new CommonCause({ moment, emit, look: () => reconciler.look() });
  const ddns = config.ddnsProvider && new Ddns({ config, emit, readAddresses: () => kernel.readAddresses() });
  follow(
    ...audience.listeners,
    (event) => selector.record(event),
    (event) => commonCause.record(event),
    liveness.record,
    createCleaner(kernel, emit, audience.log),
    (event) => {
      if (event.type === "active") ddns?.setActive(event.gateways, selector.kept);
      if (event.type === "observed") ddns?.setAddresses(event.addresses);
    },
  );

  const server = openPort(config, { ...reports, registry: audience.registry, pages: audience.pages });
  const adopted = await reconciler.adopt();
  emit({ type: "adopted", gateways: [...adopted] });
  if (!mayBegin()) return undefined;
  await reconciler.close();
  audience.log("info", introduction(config, adopted.size));
  const flow = startFlow({ config, adopted, selector, reconciler, kernel, emit });
  reconsider = flow.reconsider;

  return {
    health: reports.health,
    async stop() {
      for (const part of [flow, selector, ddns]) part?.stop();
      const hooksEnded = audience.endHooks();
      const deadline = steadyNow() + REMOVAL_LIMIT_MS;
      const keep = config.onExit === "keep";
      const clean = await (keep ? reconciler.leave(deadline).then(() => true) : reconciler.remove(deadline));
      await hooksEnded;
      audience.endStream();
      server.stop();
      claim.release();
      return clean;
    },
  };
}

function introduction(config: Config, adopted: number): string {
  const { gateways, scheme, port, path, checkPeriod, route, firstRoutingTableId } = config;
  const range = gateways.length === 1 ? gateways[0] : `${gateways[0]} to ${gateways.at(-1)}`;
  const rhythm = `${scheme}://...:${port}${path} every ${formatDuration(checkPeriod)}`;
  const inUse = adopted === 0 ? "" : `; ${adopted} of them carry traffic since an earlier run`;
  const name = config.ddnsProvider ? `; keeping ${config.ddnsHostname} on their public addresses` : "";
  return `probing ${range} at ${rhythm}; managing ${route.map(formatCidr).join(", ")} in table ${firstRoutingTableId}${inUse}${name}`;
}
