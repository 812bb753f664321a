import { destinationsOf } from "../config/destinations.ts";
import type { GivenGateways } from "../config/members.ts";
import {
  addressesOf,
  type Config,
  gatewayProbes,
  probeTablesOf,
  requirementsOf,
  type ServiceConfig,
  tableRefOf,
} from "../config/model.ts";
import type { Warning } from "../config/warnings.ts";
import { coveredByConnected, desiredState } from "../routing/desired.ts";
import {
  attractedBy,
  attractedByTable,
  followingRules,
  leadsTo,
  precedingRules,
  readDiversions,
} from "../routing/diversions.ts";
import { readDefaultDevices, readMarkedRoutes } from "../routing/iproute2/inspect.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import type { Kernel } from "../routing/kernel.ts";
import { isProbeTable } from "../routing/probe-tables.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import type { Observed } from "../routing/types.ts";
import { MAIN_TABLE } from "../routing/tables.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { textsOf } from "../text/gateway.ts";
import { addressFindings, exitFindings, probeAll } from "./check-beyond.ts";
import { checkRecords, checkRequiredAddress } from "./ddns-findings.ts";
import { withoutMarks } from "../service/look-up-paths.ts";
import { ddnsSettingsOf, listRecords, providerOf } from "./dns.ts";
import { type Finding, warning } from "./finding.ts";
import { checkProbes, type ProbedGateway } from "./gateways.ts";
import { readCommand, resolve } from "./hook-targets.ts";
import { checkCommand, checkWebhook } from "./hooks.ts";
import {
  isFilterStrict,
  isProgramRunning,
  readListeningPorts,
  readNetworkdTexts,
  readNetworkManagerFiles,
  readSettings,
} from "./host-facts.ts";
import { checkInterfaces } from "./interfaces.ts";
import { checkExitAnswers } from "./exit-answers.ts";
import { exitAnswerFactsOf, probeUseFindings, throughFindings, wishesOf } from "./check-through.ts";
import { checkNetworkd, checkNetworkManager } from "./managers.ts";
import { checkFollowingRules, checkMainRoutes } from "./overruled.ts";
import { checkNexthops } from "./nexthops.ts";
import { checkPort } from "./port.ts";
import { checkPrecedingRules } from "./preceding-rules.ts";
import { requiredAddress } from "./required-address.ts";
import { checkSession } from "./session.ts";
import { checkSettings } from "./settings.ts";
import { findingOf, runStartChecks } from "./start-checks.ts";
import { checkCovered, checkTableUse, markedTables, type TableFacts } from "./table-use.ts";
import { tryPort } from "./try-port.ts";
import { checkWanServices, type Wan } from "./wan-services.ts";

/** What the configuration does not say. */
export interface Circumstances {
  /** The address from which the user is logged in by SSH, if so. */
  readonly client: string | undefined;
  /** How the flags give the gateways; by a range where it is undefined. */
  readonly given?: GivenGateways | undefined;
}

/**
 * Checks everything that can keep the service from its work, or from doing it well. Changes nothing, but for the rules and
 * routes of probes beyond the gateways while these last.
 *
 * @param warnings about the options themselves
 */
export async function runChecks(
  given: Config,
  warnings: readonly Warning[],
  circumstances: Circumstances,
): Promise<Finding[]> {
  const unmarked = withoutMarks(given);
  const config = unmarked?.config ?? given;
  const { service, pools } = config;
  const [pool] = pools;
  const [own] = gatewayProbes(config);
  const start = await runStartChecks(config);
  const { release, canProbe } = start;
  const kernel = release && canProbe ? createKernel(release) : undefined;
  const [probed, records, hooks] = await Promise.all([
    own ? probeAll(config, own, kernel) : [],
    recordFindings(config),
    hookFindings(service),
  ]);
  const running = (await lockedTables([pool.table])).size > 0;
  const routing = release ? await routingFindings(config, release, circumstances) : [];
  const healthy = healthyOf(probed);
  const through = await throughFindings(config, kernel, healthy);
  const requirementOf = requirementsOf(config);
  const upAnyway = new Set([...through.up].filter((gateway) => requirementOf(gateway) === "any"));
  const up = healthy.union(upAnyway);
  const asked = addressesOf(config).filter((gateway) => own === undefined || up.has(gateway));
  return [
    ...[...warnings, ...[unmarked ?? []].flat()].map(({ detail, remedy }) => warning("flags", detail, remedy)),
    ...start.findings,
    ...routing,
    checkPort(await tryPort(service, running)),
    checkNetworkd(isProgramRunning("systemd-networkd"), readNetworkdTexts()),
    checkNetworkManager(isProgramRunning("NetworkManager"), readNetworkManagerFiles()),
    ...(own ? checkProbes(probed, own, textsOf(config.gateways), upAnyway.size > 0) : []),
    ...through.findings,
    ...(await exitFindings(config, kernel, asked)),
    ...records,
    ...(await addressFindings(config, kernel, asked)),
    ...hooks,
  ];
}

/** The checks of the kernel and its settings; one finding where they cannot be read. */
async function routingFindings(config: Config, release: IpRelease, circumstances: Circumstances): Promise<Finding[]> {
  try {
    return await kernelFindings(config, release, circumstances);
  } catch (error) {
    return [findingOf("routing", error)];
  }
}

async function kernelFindings(
  config: Config,
  release: IpRelease,
  { client, given }: Circumstances,
): Promise<Finding[]> {
  const [pool] = config.pools;
  const { gateways } = pool;
  const tableRef = tableRefOf(pool);
  const kernel = createKernel({ mostWords: release.mostWords });
  const [observed, marked, defaults] = await Promise.all([
    kernel.observe(tableRef.table, gateways),
    readMarkedRoutes(),
    readDefaultDevices(),
  ]);
  const nexthops = gateways.map((gateway) => ({ gateway, weight: 1 }));
  const destinations = destinationsOf(pool, addressesOf(config));
  const rejectType = rejectTypeOf(pool.whenNoGateways);
  const { routes: wanted } = desiredState(destinations, observed.connected, nexthops, tableRef, rejectType);
  const { policies: rules } = observed;
  const probes = probeTablesOf(config);
  const isOwn = (table: number): boolean => table === tableRef.table || (!!probes && isProbeTable(table, probes));
  const routes = [...observed.routes, ...marked.filter(({ table }) => !isOwn(table))];
  const managedTables = await lockedTables([tableRef.table, ...markedTables({ rules, routes })]);
  const killSwitch = rejectType !== undefined;
  const facts = { rules, routes, tableRef, killSwitch, managedTables, wanted };
  const diversions = await readDiversions(precedingRules(rules, tableRef), wanted, tableRef, kernel.visitRoutes);
  const required = requiredAddress(pool);
  return [
    ...checkSettings(readSettings(observed.devices.values()), wishesOf(config, observed, defaults)),
    ...checkExitAnswers(exitAnswerFactsOf(config, observed, defaults)),
    ...checkTableUse(facts),
    ...(await probeUseFindings(config, observed)),
    ...checkPrecedingRules(facts, diversions),
    ...(await overruledFindings(facts, kernel)),
    ...checkNexthops(gateways, observed.unusable, observed.links, textsOf(config.gateways), given),
    ...checkInterfaces(observed.skipped),
    ...checkCovered(coveredByConnected(destinations, observed.connected)),
    ...checkWanServices(readWan(observed, defaults, config.service.metricsPort), diversions, tableRef),
    ...checkSession(client, wanted),
    ...(required === undefined ? [] : [checkRequiredAddress(required, observed.addresses)]),
  ];
}

function healthyOf(probed: readonly ProbedGateway[]): Set<string> {
  return new Set(probed.flatMap(({ gateway, result }) => (result.kind === "success" ? gateway : [])));
}

/** The ordinary internet connection; undefined where there is none beside the gateways. */
function readWan({ devices, links }: Observed, defaults: readonly string[], ownPort: number): Wan | undefined {
  const [device, ...others] = defaults;
  if (device === undefined || others.length > 0 || [...devices.values()].includes(device)) return undefined;
  const addresses = links.find(({ name }) => name === device)?.addresses ?? [];
  const ports = readListeningPorts(addresses.map(({ address }) => address)).filter((port) => port !== ownPort);
  return { device, ports, strict: isFilterStrict(device) };
}

/** Rules behind ours, and routes of the main table, that no longer decide about packets to managed destinations. */
async function overruledFindings(facts: TableFacts, { visitRoutes }: Kernel): Promise<Finding[]> {
  const { rules, wanted, tableRef } = facts;
  const following = followingRules(rules, tableRef);
  const mainComesFirst = precedingRules(rules, tableRef).some((rule) => {
    return leadsTo(rule, MAIN_TABLE) && rule.selector === "";
  });
  return [
    ...checkFollowingRules(await attractedBy(following, wanted, tableRef, visitRoutes), tableRef),
    ...(mainComesFirst ? [] : checkMainRoutes(await attractedByTable(MAIN_TABLE, 0, wanted, visitRoutes), tableRef)),
  ];
}

async function recordFindings(config: Config): Promise<Finding[]> {
  const ofPools = config.pools.map(async (pool) => {
    const settings = ddnsSettingsOf(config, pool);
    const provider = providerOf(settings);
    return provider ? checkRecords(settings.ddnsHostname!, await listRecords(settings, provider)) : [];
  });
  return (await Promise.all(ofPools)).flat();
}

/** Whether the targets of hooks can be reached. Nothing is run or sent. */
async function hookFindings({ onChange, webhookUrl }: ServiceConfig): Promise<Finding[]> {
  const command = onChange === undefined ? [] : [checkCommand(onChange[0]!, readCommand(onChange[0]!))];
  if (webhookUrl === undefined) return command;
  const { hostname } = new URL(webhookUrl);
  return [...command, checkWebhook(hostname, await resolve(hostname))];
}
