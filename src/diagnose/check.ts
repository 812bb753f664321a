import { type Config, gatewayProbes, requirementsOf, type ServiceConfig } from "../config/model.ts";
import type { Warning } from "../config/warnings.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { withoutMarks } from "../service/look-up-paths.ts";
import { textsOf } from "../text/gateway.ts";
import { addressFindings, exitFindings, probeAll } from "./check-beyond.ts";
import { type Circumstances, type KernelFindings, kernelFindings } from "./check-kernel.ts";
import { throughFindings } from "./check-through.ts";
import { checkRecords } from "./ddns-findings.ts";
import { ddnsSettingsOf, listRecords, providerOf } from "./dns.ts";
import { drainedBy } from "./drained.ts";
import { acrossPools, type Finding, warning } from "./finding.ts";
import { answering, failingBeyond, healthyOf } from "./gateway-states.ts";
import { checkProbes } from "./gateways.ts";
import { readCommand, resolve } from "./hook-targets.ts";
import { checkCommand, checkWebhook } from "./hooks.ts";
import { isProgramRunning, readNetworkdTexts, readNetworkManagerFiles } from "./host-facts.ts";
import { checkNetworkd, checkNetworkManager } from "./managers.ts";
import { checkPools, checkWeights } from "./pool-findings.ts";
import { checkPort } from "./port.ts";
import { findingOf, runStartChecks } from "./start-checks.ts";
import { tryPort } from "./try-port.ts";

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
  const [ownTopic, ownDash] = service.config === undefined ? ["flags", "-"] : ["settings", ""];
  const start = await runStartChecks(config);
  const { release, canProbe } = start;
  const kernel = release && canProbe ? createKernel(release) : undefined;
  const [probed, records, hooks] = await Promise.all([
    Promise.all(gatewayProbes(config).map(async (probe) => ({ probe, probed: await probeAll(config, probe, kernel) }))),
    recordFindings(config),
    hookFindings(service),
  ]);
  const running = (await lockedTables(pools.map(({ table }) => table))).size > 0;
  const routing = release ? await routingFindings(config, release, circumstances) : NOTHING_READ;
  const healthy = healthyOf(config, probed);
  const through = await throughFindings(config, kernel, healthy);
  const upAnyway = new Set([...through.up].filter((gateway) => requirementsOf(config)(gateway) === "any"));
  const asked = answering(config, probed, healthy.union(upAnyway));
  const exits = await exitFindings(config, kernel, asked);
  const someUp = upAnyway.size > 0 || (probed.length > 1 && healthy.size > 0);
  const up = new Set(asked).difference(exits.leaking).difference(failingBeyond(config, through));
  const states = { up, unusable: routing.unusable, drained: drainedBy(config).drained };
  return [
    ...[...warnings, ...[unmarked ?? []].flat()].map(({ detail, remedy }) => warning(ownTopic, detail, remedy)),
    ...start.findings,
    ...routing.findings,
    ...checkWeights(config),
    checkPort(await tryPort(service, running)),
    checkNetworkd(isProgramRunning("systemd-networkd"), readNetworkdTexts()),
    checkNetworkManager(isProgramRunning("NetworkManager"), readNetworkManagerFiles()),
    ...probed.flatMap(({ probe, probed: some }) => {
      return checkProbes(some, { ...probe, dash: ownDash }, textsOf(config.gateways), someUp);
    }),
    ...through.findings,
    ...exits.findings,
    ...checkPools(config, states),
    ...records,
    ...(await addressFindings(config, kernel, asked)),
    ...hooks,
  ];
}

const NOTHING_READ: KernelFindings = { findings: [], unusable: new Set() };

/** The checks of the kernel and its settings; one finding where they cannot be read. */
async function routingFindings(
  config: Config,
  release: IpRelease,
  circumstances: Circumstances,
): Promise<KernelFindings> {
  try {
    return await kernelFindings(config, release, circumstances);
  } catch (error) {
    return { ...NOTHING_READ, findings: [findingOf("routing", error)] };
  }
}

async function recordFindings(config: Config): Promise<Finding[]> {
  const ofPools = config.pools.map(async (pool) => {
    const settings = ddnsSettingsOf(config, pool);
    const provider = providerOf(settings);
    const records = provider && checkRecords(settings.ddnsHostname!, await listRecords(settings, provider));
    return { name: pool.name, findings: records ? [records] : [] };
  });
  return acrossPools(await Promise.all(ofPools));
}

/** Whether the targets of hooks can be reached. Nothing is run or sent. */
async function hookFindings({ onChange, webhookUrl }: ServiceConfig): Promise<Finding[]> {
  const command = onChange === undefined ? [] : [checkCommand(onChange[0]!, readCommand(onChange[0]!))];
  if (webhookUrl === undefined) return command;
  const { hostname } = new URL(webhookUrl);
  return [...command, checkWebhook(hostname, await resolve(hostname))];
}
