import { totalmem } from "node:os";

import { ddnsSettingsOf, dnsNameText } from "../config/dns-names.ts";
import { familiesOf, inEachFamily, inFamily, managedFamilies, namedAddresses } from "../config/families.ts";
import {
  allAddresses,
  type Config,
  gatewayProbes,
  type PoolConfig,
  requirementsOf,
  type ServiceConfig,
} from "../config/model.ts";
import { settingNames } from "../config/setting-name.ts";
import type { Warning } from "../config/warnings.ts";
import { createProvider } from "../ddns/create-provider.ts";
import { entryOf } from "../ddns/providers/registry.ts";
import { nameText } from "../ddns/record-type.ts";
import { FAMILIES, type Family, familyOf } from "../net/address.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { squattersOn, squatterWarning } from "../service/held-locks.ts";
import { managerOf } from "../service/instance-lock.ts";
import { lockNamesOf } from "../service/lock-pools.ts";
import { withoutMarks } from "../service/look-up-paths.ts";
import { textsOf } from "../text/gateway.ts";
import { addressFindings, exitFindings, probeAll } from "./check-beyond.ts";
import { type KernelFindings, kernelFindings } from "./check-kernel.ts";
import { throughFindings } from "./check-through.ts";
import type { Circumstances } from "./circumstances.ts";
import { checkRecords } from "./ddns-findings.ts";
import { listRecords } from "./dns.ts";
import { drainedBy } from "./drained.ts";
import { acrossFamilies, acrossPools, type Finding, warning } from "./finding.ts";
import { answering, failingBeyond, healthyOf } from "./gateway-states.ts";
import { checkProbes, type ProbedGateway } from "./gateways.ts";
import { checkFiles, commandFindings } from "./own-files.ts";
import { resolve } from "./hook-targets.ts";
import { checkWebhook } from "./hooks.ts";
import { isProgramRunning, readPairHash, readNetworkdTexts, readNetworkManagerFiles, readZebra } from "./host-facts.ts";
import { checkNetworkd, checkNetworkManager } from "./managers.ts";
import { checkMemory } from "./memory.ts";
import { memoryLimit } from "./memory-limit.ts";
import { checkPair, pairOf } from "./pair.ts";
import { checkPools, checkWeights } from "./pool-findings.ts";
import { checkPort } from "./port.ts";
import { findingOf, runStartChecks } from "./start-checks.ts";
import { tryPort } from "./try-port.ts";
import { checkImportTable, checkZebra } from "./zebra.ts";

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
  const whole = unmarked?.config ?? given;
  const { service, pools } = whole;
  const [ownTopic, ownDash] = service.config === undefined ? ["flags", "-"] : ["settings", ""];
  const start = await runStartChecks(whole);
  const { release, canProbe, families, config } = start;
  const routed = managedFamilies(config).filter((family) => families.includes(family));
  const kernel = release && canProbe ? createKernel(release) : undefined;
  const [probed, records, hooks] = await Promise.all([
    Promise.all(gatewayProbes(config).map(async (probe) => ({ probe, probed: await probeAll(config, probe, kernel) }))),
    recordFindings(config),
    hookFindings(service),
  ]);
  const [holder] = pools.flatMap(({ table }) => managerOf(table) ?? []);
  const routing = release ? await routingFindings(config, release, families, circumstances) : NOTHING_READ;
  const healthy = healthyOf(config, probed);
  const through = await throughFindings(config, kernel, healthy);
  const upAnyway = new Set([...through.up].filter((gateway) => requirementsOf(config)(gateway) === "any"));
  const asked = answering(config, probed, healthy.union(upAnyway));
  const exits = await exitFindings(config, kernel, asked);
  const isUpAnyway = (family: Family): boolean => {
    const isOf = (gateway: string): boolean => familyOf(gateway) === family;
    return [...upAnyway].some(isOf) || (probed.length > 1 && [...healthy].some(isOf));
  };
  const up = new Set(asked).difference(exits.leaking).difference(failingBeyond(config, through));
  const zebra = readZebra();
  const states = { up, unusable: routing.unusable, drained: drainedAddresses(config) };
  const ofFamilies = (check: (view: Config, family: Family) => Finding[]): Finding[] => {
    return acrossFamilies(
      inEachFamily(config).map(({ family, config: view }) => ({ family, findings: check(view, family) })),
    );
  };
  return [
    ...[...warnings, ...[unmarked ?? []].flat()].map(({ detail, remedy }) => warning(ownTopic, detail, remedy)),
    ...start.findings,
    ...routing.findings,
    ...ofFamilies((view, family) => checkWeights(view, family, pools.length)),
    ...squattersOn(lockNamesOf(config))
      .map(squatterWarning)
      .map(({ detail, remedy }) => warning("lock", detail, remedy)),
    checkMemory(memoryLimit(holder?.pid), totalmem()),
    checkPort(await tryPort(service, holder !== undefined)),
    checkNetworkd(isProgramRunning("systemd-networkd"), readNetworkdTexts(), routed),
    checkNetworkManager(isProgramRunning("NetworkManager"), readNetworkManagerFiles(), families),
    ...(routed.includes(6) ? [checkZebra(zebra)] : []),
    ...checkImportTable(
      zebra,
      config.pools.map(({ table }) => table),
    ),
    ...checkPair({ ...pairOf(config, isProgramRunning("keepalived")), ...readPairHash() }),
    ...probed.flatMap(({ probe, probed: some }) => {
      const textOf = textsOf(namedAddresses(config.gateways));
      return gatewayFindings(some, (own, family) => {
        return checkProbes(own, { ...probe, dash: ownDash }, textOf, isUpAnyway(family));
      });
    }),
    ...through.findings,
    ...exits.findings,
    ...ofFamilies((view) => checkPools(view, states, pools.length)),
    ...records,
    ...(await addressFindings(config, kernel, asked)),
    ...hooks,
    ...checkFiles(service, process.env),
  ];
}

/** A finding about each address of a gateway, which is judged among those of its family. */
function gatewayFindings(
  probed: readonly ProbedGateway[],
  check: (own: readonly ProbedGateway[], family: Family) => Finding[],
): Finding[] {
  const found = FAMILIES.flatMap((family) => {
    const own = probed.filter(({ gateway }) => familyOf(gateway) === family);
    const findings = check(own, family);
    return own.map(({ gateway }, index) => [gateway, findings[index]!] as const);
  });
  const findings = new Map(found);
  return probed.map(({ gateway }) => findings.get(gateway)!);
}

const NOTHING_READ: KernelFindings = { findings: [], unusable: new Set() };

/** The checks of the kernel and its settings; one finding where they cannot be read. */
async function routingFindings(
  config: Config,
  release: IpRelease,
  families: readonly Family[],
  circumstances: Circumstances,
): Promise<KernelFindings> {
  try {
    return await kernelFindings(config, release, families, circumstances);
  } catch (error) {
    return { ...NOTHING_READ, findings: [findingOf("routing", error)] };
  }
}

/** All addresses of the gateways that are taken out for maintenance. */
function drainedAddresses(config: Config): ReadonlySet<string> {
  const { drained } = drainedBy(config);
  return new Set(config.gateways.filter(({ address }) => drained.has(address)).flatMap(allAddresses));
}

async function recordFindings(config: Config): Promise<Finding[]> {
  const ofPools = config.pools.map(async (pool) => {
    const families = familiesOf(pool);
    const findings = families.flatMap((family) => {
      return recordFindingsIn(config, inFamily(pool, family)!, family, families.length > 1);
    });
    return { name: pool.name, findings: await Promise.all(findings) };
  });
  return acrossPools(await Promise.all(ofPools));
}

/** One finding for each name of a pool, as a family has it. */
function recordFindingsIn(
  { publicIp, service }: Config,
  pool: PoolConfig,
  family: Family,
  isOneOfTwo: boolean,
): Promise<Finding>[] {
  return pool.dnsNames.map(async (name) => {
    const settings = ddnsSettingsOf(publicIp, pool, name);
    const listed = await listRecords(settings, createProvider(settings, family));
    const { writeRight } = entryOf(name.ddnsProvider);
    const text = nameText(dnsNameText(name, pool.dnsNames), family, isOneOfTwo);
    return checkRecords(text, listed, settingNames(service), writeRight);
  });
}

/** Whether the targets of hooks can be reached. Nothing is run or sent. */
async function hookFindings({ onChange, webhookUrl }: ServiceConfig): Promise<Finding[]> {
  const command = onChange === undefined ? [] : commandFindings(onChange[0]!);
  if (webhookUrl === undefined) return command;
  const { hostname } = new URL(webhookUrl);
  return [...command, checkWebhook(hostname, await resolve(hostname))];
}
