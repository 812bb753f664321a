import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, beyondProbes, type Config, probeTablesOf, requirementsOf } from "../config/model.ts";
import { withoutGateways } from "../routing/decide.ts";
import { isOurs } from "../routing/entry.ts";
import { readDefaultDevices, readTables } from "../routing/iproute2/inspect.ts";
import type { Kernel } from "../routing/kernel.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { hex, PROBE_MASK, probeBasesOf, probeTableIds } from "../routing/probe-tables.ts";
import type { Observed } from "../routing/types.ts";
import { areProbesLocked } from "../service/instance-lock.ts";
import { textsOf } from "../text/gateway.ts";
import { answerFacts, droppedAnswers } from "./answers.ts";
import type { ExitAnswerFacts } from "./exit-answers.ts";
import { failure, type Finding } from "./finding.ts";
import { readSettings } from "./host-facts.ts";
import { withProbePaths } from "./probe-paths.ts";
import { probeThrough, readPresent } from "./probe-through.ts";
import { checkProbeUse, otherProbes } from "./probe-use.ts";
import { filterRemedy, type Wishes } from "./settings.ts";
import { routingSettingsOf } from "./routing-settings.ts";
import { findingOf, REPEAT } from "./start-checks.ts";
import { checkThrough, upThrough } from "./through.ts";

/**
 * What the service asks of the settings of this machine.
 *
 * @param defaults the interfaces of the default route
 */
export function wishesOf(config: Config, observed: Observed, defaults: readonly string[]): Wishes {
  const { gateways, whenNoGateways } = config.pools[0];
  const { routes } = withoutGateways(routingSettingsOf(config), {}, observed, undefined);
  const killSwitch = rejectTypeOf(whenNoGateways) !== undefined;
  return { gateways: gateways.length, killSwitch, answers: answerFacts(beyondProbes(config), routes, defaults) };
}

/**
 * What decides about answers to the exit checks.
 *
 * @param defaults the interfaces of the default route
 */
export function exitAnswerFactsOf(
  config: Config,
  { devices, connected }: Observed,
  defaults: readonly string[],
): ExitAnswerFacts {
  const towards = new Set(devices.values());
  const [pool] = config.pools;
  const destinations = destinationsOf(pool, addressesOf(config));
  return {
    ...{ urls: config.exitCheck.urls, destinations, connected },
    closed: rejectTypeOf(pool.whenNoGateways) !== undefined && destinations.managed.some(({ prefix }) => prefix === 0),
    filters: readSettings(towards).filters,
    ownFilters: readSettings(defaults.filter((device) => !towards.has(device))).filters,
  };
}

/** Preferences, tables and marks of probes beyond the gateways: those of this service, and those of other runs. */
export async function probeUseFindings(config: Config, observed: Observed): Promise<Finding[]> {
  const own = probeTablesOf(config);
  const bases = [...probeBasesOf(observed.rules.filter(isOurs)).union(new Set(own && [own.preference]))];
  const running = new Set<number>();
  for (const base of bases) if (await areProbesLocked(base)) running.add(base);
  const others = bases.filter((base) => base !== own?.preference);
  const { length: gateways } = config.gateways;
  const facts = {
    rules: observed.policies,
    routes: own ? await readTables(probeTableIds(own, addressesOf(config))) : [],
    gateways,
  };
  return [
    ...(own ? checkProbeUse({ ...facts, tables: own, running: running.has(own.preference) }) : []),
    ...others.map((base) => otherProbes(base, running.has(base))),
  ];
}

/** Why nothing is asked through the gateways. */
export const CANNOT_ASK =
  "check makes rules and routes for the time of these probes, and cannot (see ip, privilege and probes)";

const NOT_ASKED = `no target beyond the gateways was asked: ${CANNOT_ASK}`;

/** What was found beyond the gateways. */
interface ThroughFindings {
  readonly findings: readonly Finding[];
  /** Gateways that a -through finds up. */
  readonly up: ReadonlySet<string>;
}

/**
 * The targets beyond the gateways, each asked once through each gateway; one finding where that is not possible.
 *
 * @param kernel undefined where no rules and routes for probes can be made
 * @param healthy gateways whose own probe has succeeded
 */
export async function throughFindings(
  config: Config,
  kernel: Kernel | undefined,
  healthy: ReadonlySet<string>,
): Promise<ThroughFindings> {
  const without = (...findings: Finding[]): ThroughFindings => ({ findings, up: new Set() });
  const tables = beyondProbes(config).length === 0 ? undefined : probeTablesOf(config);
  if (tables === undefined) return without();
  if (kernel === undefined) return without(failure("through", NOT_ASKED, REPEAT));
  try {
    const answers = await withProbePaths(kernel, config, () => probeThrough(config));
    const [observed, present, defaults] = await Promise.all([
      kernel.observe(config.pools[0].table, addressesOf(config)),
      readPresent(),
      readDefaultDevices(),
    ]);
    const { devices } = observed;
    const facts = wishesOf(config, observed, defaults).answers!;
    const dropped = droppedAnswers(readSettings(devices.values()).filters, facts);
    const findings = checkThrough(answers, {
      requirementOf: requirementsOf(config),
      healthy,
      present: present.union(healthy),
      devices,
      filtered: dropped && { devices: dropped.devices, remedy: filterRemedy(dropped) },
      mark: { value: hex(tables.mark), mask: hex(PROBE_MASK) },
      textOf: textsOf(config.gateways),
    });
    return { findings, up: upThrough(answers) };
  } catch (error) {
    return without(findingOf("through", error));
  }
}
