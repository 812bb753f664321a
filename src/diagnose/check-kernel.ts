import { destinationsOf } from "../config/destinations.ts";
import type { GivenGateways } from "../config/members.ts";
import { addressesOf, type Config, type PoolConfig, probeTablesOf, tableRefOf } from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import { coveredByConnected, desiredState } from "../routing/desired.ts";
import {
  attractedBy,
  attractedByTable,
  followingRules,
  leadsTo,
  precedingRules,
  readDiversions,
  type RuleDiversion,
} from "../routing/diversions.ts";
import { readDefaultDevices, readMarkedRoutes } from "../routing/iproute2/inspect.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { jointKernel } from "../routing/joint-kernel.ts";
import type { Kernel } from "../routing/kernel.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { isProbeTable } from "../routing/probe-tables.ts";
import { MAIN_TABLE } from "../routing/tables.ts";
import type { Observed, ObservedRoute } from "../routing/types.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { textsOf } from "../text/gateway.ts";
import { exitAnswerFactsOf, poolsFor, probeUseFindings, wishesOf } from "./check-through.ts";
import { checkRequiredAddress } from "./ddns-findings.ts";
import { checkExitAnswers } from "./exit-answers.ts";
import { acrossPools, type Finding } from "./finding.ts";
import { isFilterStrict, readInterfaces, readListeningPorts, readSettings } from "./host-facts.ts";
import { checkInterfaces } from "./interfaces.ts";
import { checkNexthops } from "./nexthops.ts";
import { checkFollowingRules, checkMainRoutes } from "./overruled.ts";
import { checkSelectors } from "./pool-findings.ts";
import { checkPrecedingRules } from "./preceding-rules.ts";
import { requiredAddress } from "./required-address.ts";
import { readingsOf } from "./routing-settings.ts";
import { checkSession } from "./session.ts";
import { settingWords } from "./setting-words.ts";
import { checkSettings } from "./settings.ts";
import { checkCovered, checkTableUse, markedTables, type TableFacts } from "./table-use.ts";
import { checkWanServices } from "./wan-services.ts";

/** What the configuration does not say. */
export interface Circumstances {
  /** The address from which the user is logged in by SSH, if so. */
  readonly client: string | undefined;
  /** The address of this machine that the session uses. */
  readonly server?: string | undefined;
  /** How the flags give the gateways; by a range where it is undefined. */
  readonly given?: GivenGateways | undefined;
}

/** What the kernel shows of a pool. */
interface PoolKernel {
  readonly pool: PoolConfig;
  readonly facts: TableFacts;
  readonly diversions: readonly RuleDiversion[];
  readonly overruled: readonly Finding[];
}

/** The checks of the kernel, and what they show of the gateways. */
export interface KernelFindings {
  readonly findings: readonly Finding[];
  /** Gateways that cannot be nexthops. */
  readonly unusable: ReadonlySet<string>;
}

/** Reads the kernel once for all pools, and checks what it shows of each. */
export async function kernelFindings(
  config: Config,
  release: IpRelease,
  { client, server, given }: Circumstances,
): Promise<KernelFindings> {
  const kernel = jointKernel(createKernel({ mostWords: release.mostWords }));
  const [all, marked, defaults] = await Promise.all([
    kernel.observeAll(readingsOf(config)),
    readMarkedRoutes(),
    readDefaultDevices(),
  ]);
  const observed = all[0]!;
  const words = settingWords(config.service);
  const tables = await tableFactsOf(config, all, marked);
  const pools = await Promise.all(config.pools.map(async (pool, index) => readPool(pool, tables[index]!, kernel)));
  const each = (check: (one: PoolKernel) => readonly Finding[], some = pools): Finding[] => {
    const ofPools = some.map((one) => ({ name: one.pool.name, findings: check(one) }));
    return acrossPools(ofPools, pools.length);
  };
  const ofSources = (sources: readonly string[]): PoolKernel[] =>
    poolsFor(config, sources).map((pool) => pools[config.pools.indexOf(pool)]!);
  // What bypasses the pool that is asked first bypasses all: port forwards lead into the networks of others.
  const first = pools.find(({ pool }) => pool === inOrder(config.pools)[0])!;
  const wan = readWan(observed, defaults, config.service.metricsPort);
  const findings = [
    ...checkSettings(readSettings(observed.devices.values()), wishesOf(config, observed, defaults)),
    ...checkExitAnswers(exitAnswerFactsOf(config, observed, defaults)),
    ...each(({ facts }) => checkTableUse(facts)),
    ...(await probeUseFindings(config, observed)),
    ...checkSelectors(config, new Set(readInterfaces())),
    ...each(({ facts, diversions }) => checkPrecedingRules(facts, diversions)),
    ...each(({ overruled }) => overruled),
    ...checkNexthops(
      addressesOf(config),
      observed.unusable,
      observed.links,
      textsOf(config.gateways),
      config.service.config === undefined ? given : "file",
    ),
    ...checkInterfaces(observed.skipped),
    ...each(({ pool }) => checkCovered(coveredByConnected(destinationsIn(config, pool), observed.connected), words)),
    ...(ofSources(wan?.addresses ?? []).length === 0
      ? []
      : checkWanServices(wan, first.diversions, first.facts.tableRef)),
    ...each(
      ({ facts }) => checkSession(client, facts.wanted, words),
      ofSources(server === undefined ? observed.addresses : [server]),
    ),
    ...each(({ pool }) => {
      const required = requiredAddress(pool);
      return required === undefined ? [] : [checkRequiredAddress(required, observed.addresses)];
    }),
  ];
  return { findings, unusable: new Set(observed.unusable.map(({ gateway }) => gateway)) };
}

function destinationsIn(config: Config, pool: PoolConfig) {
  return destinationsOf(pool, addressesOf(config));
}

/** @param marked all routes with our mark */
async function tableFactsOf(
  config: Config,
  observed: readonly Observed[],
  marked: readonly ObservedRoute[],
): Promise<TableFacts[]> {
  const { pools } = config;
  const rules = observed[0]!.policies;
  const probes = probeTablesOf(config);
  const own = pools.map(({ table }) => table);
  const isOwn = (table: number): boolean => own.includes(table) || (!!probes && isProbeTable(table, probes));
  const routes = [...observed.flatMap((one) => one.routes), ...marked.filter(({ table }) => !isOwn(table))];
  const managedTables = await lockedTables([...own, ...markedTables({ rules, routes })]);
  return pools.map((pool, index): TableFacts => {
    const tableRef = tableRefOf(pool);
    const nexthops = pool.gateways.map((gateway) => ({ gateway, weight: 1 }));
    const rejectType = rejectTypeOf(pool.whenNoGateways);
    const { connected } = observed[index]!;
    const { routes: wanted } = desiredState(destinationsIn(config, pool), connected, nexthops, tableRef, rejectType);
    return {
      ...{ rules, routes, tableRef, killSwitch: rejectType !== undefined, managedTables, wanted },
      otherTables: own.filter((table) => table !== tableRef.table),
      words: settingWords(config.service),
    };
  });
}

async function readPool(pool: PoolConfig, facts: TableFacts, kernel: Kernel): Promise<PoolKernel> {
  const { rules, wanted, tableRef } = facts;
  const [diversions, overruled] = await Promise.all([
    readDiversions(precedingRules(rules, tableRef), wanted, tableRef, kernel.visitRoutes),
    overruledFindings(facts, kernel),
  ]);
  return { pool, facts, diversions, overruled };
}

/** Rules of other programs behind ours, and routes of the main table, that no longer decide about packets to managed destinations. */
async function overruledFindings(facts: TableFacts, { visitRoutes }: Kernel): Promise<Finding[]> {
  const { rules, wanted, tableRef, words } = facts;
  const following = followingRules(rules, tableRef);
  const mainComesFirst = precedingRules(rules, tableRef).some((rule) => {
    return leadsTo(rule, MAIN_TABLE) && rule.selector === "";
  });
  return [
    ...checkFollowingRules(await attractedBy(following, wanted, tableRef, visitRoutes), tableRef),
    ...(mainComesFirst
      ? []
      : checkMainRoutes(await attractedByTable(MAIN_TABLE, 0, wanted, visitRoutes), tableRef, words)),
  ];
}

/** The ordinary internet connection; undefined where there is none beside the gateways. */
function readWan({ devices, links }: Observed, defaults: readonly string[], ownPort: number) {
  const [device, ...others] = defaults;
  if (device === undefined || others.length > 0 || [...devices.values()].includes(device)) return undefined;
  const addresses = links.find(({ name }) => name === device)?.addresses.map(({ address }) => address) ?? [];
  const ports = readListeningPorts(addresses).filter((port) => port !== ownPort);
  return { device, ports, strict: isFilterStrict(device), addresses };
}
