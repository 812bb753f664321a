import { answerFactsOf, droppedAnswers, serviceAnswerFactsOf } from "../config/answers.ts";
import { destinationsOf } from "../config/destinations.ts";
import { type FamilyConfig, handledFamilies, inEachFamily, namedAddresses } from "../config/families.ts";
import {
  addressesOf,
  beyondProbes,
  type Config,
  placedGateways,
  type PoolConfig,
  probeTablesOf,
  requirementsOf,
} from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import { settingNames } from "../config/setting-name.ts";
import { type Family, familyOf } from "../net/address.ts";
import { isOurs } from "../routing/entry.ts";
import { readDefaultDevices, readTables } from "../routing/iproute2/inspect.ts";
import type { Kernel } from "../routing/kernel.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { ownAddresses } from "../routing/probe-answers.ts";
import { PROBE_MASK, probeBasesOf, probeTableIds } from "../routing/probe-tables.ts";
import { isForOwn } from "../routing/selectors.ts";
import { hex } from "../text/hex.ts";
import type { Observed } from "../routing/types.ts";
import { areProbesLocked } from "../service/instance-lock.ts";
import { textsOf } from "../text/gateway.ts";
import type { ExitAnswerFacts } from "./exit-answers.ts";
import { failure, type Finding } from "./finding.ts";
import { readSettings } from "./host-facts.ts";
import { withProbePaths } from "./probe-paths.ts";
import { probeThrough, readPresent } from "./probe-through.ts";
import { checkProbeUse, otherProbes } from "./probe-use.ts";
import type { Wishes } from "./settings.ts";
import { blockRemedy } from "./unrouted-ipv6.ts";
import { findingOf, REPEAT } from "./start-checks.ts";
import { checkThrough, downThrough, upThrough } from "./through.ts";

/**
 * What the service asks of the settings of this machine.
 *
 * @param config as IPv4 has it
 * @param defaults the interfaces of the default route
 * @param whole with both families
 */
export function wishesOf(config: Config, observed: Observed, defaults: readonly string[], whole: Config): Wishes {
  const { pools } = config;
  return {
    hasIpv6: handledFamilies(whole).includes(6),
    blockIpv6: blockRemedy(whole),
    gateways: Math.max(...pools.map(({ gateways }) => gateways.length)),
    killSwitch: pools.some(({ whenNoGateways }) => rejectTypeOf(whenNoGateways) !== undefined),
    answers: answerFactsOf(config, observed, defaults),
    serviceAnswers: serviceAnswerFactsOf(config, observed, defaults),
    marking: pools.flatMap(({ name, selectors: { mark } }) => (mark === undefined ? [] : (name ?? ""))),
  };
}

/** The pools for packets of this machine from any of these addresses, in the order in which they are asked. */
export function poolsFor({ pools }: Pick<Config, "pools">, sources: readonly string[]): PoolConfig[] {
  return inOrder(pools).filter(({ selectors }) => sources.some((source) => isForOwn(selectors, source)));
}

/**
 * What decides about answers to the exit checks.
 *
 * @param defaults the interfaces of the default route
 */
export function exitAnswerFactsOf(config: Config, observed: Observed, defaults: readonly string[]): ExitAnswerFacts {
  const { devices, connected, links } = observed;
  const towards = new Set(devices.values());
  const others = defaults.filter((device) => !towards.has(device));
  const elsewhere = links.filter(({ name }) => others.includes(name)).flatMap(({ addresses }) => addresses);
  const own = elsewhere.map(({ address }) => address);
  const towardsGateways = ownAddresses(
    [...devices].map(([gateway, device]) => ({ gateway, device })),
    links,
  );
  const destinations = poolsFor(config, own).map((pool) => destinationsOf(pool, addressesOf(config)));
  const isClosed = ({ whenNoGateways, route }: PoolConfig): boolean =>
    rejectTypeOf(whenNoGateways) !== undefined && route.some(({ prefix }) => prefix === 0);
  return {
    ...{ urls: config.exitCheck.urls, names: settingNames(config.service), destinations, connected },
    closed: poolsFor(config, [...own, ...towardsGateways]).some(isClosed),
    filters: readSettings(towards).filters,
    ownFilters: readSettings(others).filters,
  };
}

/** Preferences, tables and marks of probes beyond the gateways: those of this service, and those of other runs. */
export async function probeUseFindings(config: Config, observed: Observed, family: Family): Promise<Finding[]> {
  const own = probeTablesOf(config);
  const bases = [...probeBasesOf(observed.rules.filter(isOurs)).union(new Set(own && [own.preference]))];
  const running = new Set<number>();
  for (const base of bases) if (await areProbesLocked(base)) running.add(base);
  const others = bases.filter((base) => base !== own?.preference);
  const { length: gateways } = placedGateways(config);
  const facts = {
    rules: observed.policies,
    routes: own ? await readTables(probeTableIds(own, placedGateways(config)), family) : [],
    gateways,
  };
  return [
    ...(own
      ? checkProbeUse({ ...facts, tables: own, running: running.has(own.preference) }, settingNames(config.service))
      : []),
    ...others.map((base) => otherProbes(base, running.has(base))),
  ];
}

/** Why nothing is asked through the gateways. */
export const CANNOT_ASK =
  "check makes rules and routes for the time of these probes, and cannot (see ip, privilege and probes)";

const NOT_ASKED = `no target beyond the gateways was asked: ${CANNOT_ASK}`;

/** What was found beyond the gateways. */
export interface ThroughFindings {
  readonly findings: readonly Finding[];
  /** Gateways that a -through finds up. */
  readonly up: ReadonlySet<string>;
  /** Gateways that a -through finds down. */
  readonly down: ReadonlySet<string>;
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
  const without = (...findings: Finding[]): ThroughFindings => ({ findings, up: new Set(), down: new Set() });
  const tables = beyondProbes(config).length === 0 ? undefined : probeTablesOf(config);
  if (tables === undefined) return without();
  if (kernel === undefined) return without(failure("through", NOT_ASKED, REPEAT));
  try {
    const answers = await withProbePaths(kernel, config, () => probeThrough(config));
    const common = {
      requirementOf: requirementsOf(config),
      present: (await readPresent()).union(healthy),
      mark: { value: hex(tables.mark), mask: hex(PROBE_MASK) },
      textOf: textsOf(namedAddresses(config.gateways)),
      names: settingNames(config.service),
    };
    const found = await Promise.all(
      inEachFamily(config).map(async (one) => {
        const asked = answers.get(one.family)!;
        const up = new Set([...healthy].filter((gateway) => familyOf(gateway) === one.family));
        const findings = checkThrough(asked, { ...common, healthy: up, ...(await readWays(one, kernel)) });
        return { findings, up: upThrough(asked), down: downThrough(asked) };
      }),
    );
    return {
      findings: found.flatMap(({ findings }) => findings),
      up: new Set(found.flatMap(({ up }) => [...up])),
      down: new Set(found.flatMap(({ down }) => [...down])),
    };
  } catch (error) {
    return without(findingOf("through", error));
  }
}

/** The interfaces that lead to the gateways of a family, and where answers are dropped that come in there. */
async function readWays({ family, config }: FamilyConfig, kernel: Kernel) {
  const observed = await kernel.observe(config.pools[0].table, addressesOf(config), undefined, family);
  const { devices } = observed;
  if (family === 6) return { devices, filtered: undefined }; // there is no such filter
  const facts = answerFactsOf(config, observed, await readDefaultDevices())!;
  return { devices, filtered: droppedAnswers(readSettings(devices.values()).filters, facts) };
}
