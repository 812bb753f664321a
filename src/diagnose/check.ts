import { type Config, type PoolConfig, type ServiceConfig, tableRefOf } from "../config/parse.ts";
import { coveredByConnected, desiredState } from "../routing/desired.ts";
import { destinationsOf } from "../config/destinations.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { readRulesAndRoutes } from "../routing/iproute2/inspect.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { askAddresses, listRecords, providerOf } from "./dns.ts";
import { judgeEarlier } from "./preceding-rules.ts";
import { type Finding, warning } from "./finding.ts";
import { judgeProbes, judgeReach, type Probed } from "./gateways.ts";
import { judgeCommand, judgeWebhook } from "./hooks.ts";
import { examineMachine, troubleOf } from "./machine.ts";
import { judgeNetworkd, judgeNetworkManager } from "./managers.ts";
import { judgeDuty, judgeLookUps, judgeRecords } from "./names.ts";
import { managedAmong, probeAll, requiredAddress, tryPort } from "./network.ts";
import { judgeCovered, judgePlace, markedTables } from "./place.ts";
import { judgePort } from "./port.ts";
import { judgeSession } from "./session.ts";
import { judgeSettings } from "./settings.ts";
import { readCommand, resolve } from "./hook-targets.ts";
import { isProgramRunning, readNetworkdTexts, readNetworkManagerFiles, readSettings } from "./host-facts.ts";

/**
 * Looks at everything that can keep the service from doing its work, or from doing it well. Changes nothing.
 *
 * @param doubts what is odd in the options themselves
 * @param client the far end of the SSH session that asks, if there is one
 */
export async function examine(
  config: Config,
  doubts: readonly string[],
  client: string | undefined,
): Promise<Finding[]> {
  const { service, pools } = config;
  const [pool] = pools;
  const [machine, probed, names, hooks] = await Promise.all([
    examineMachine(pool),
    probeAll(pool),
    examineRecords(pool),
    examineHooks(service),
  ]);
  return [
    ...doubts.map((doubt) => warning("flags", doubt, "-help lists all flags")),
    ...machine.findings,
    ...(machine.release ? await examineRouting(pool, machine.release, client).catch(troubleIn("routing")) : []),
    judgePort(await tryPort(service, (await managedAmong([pool.firstRoutingTableId])).size > 0)),
    judgeNetworkd(isProgramRunning("systemd-networkd"), readNetworkdTexts()),
    judgeNetworkManager(isProgramRunning("NetworkManager"), readNetworkManagerFiles()),
    ...judgeProbes(probed, pool),
    ...names,
    ...(await examineAddresses(pool, probed)),
    ...hooks,
  ];
}

function troubleIn(topic: string): (error: unknown) => Finding[] {
  return (error) => [troubleOf(topic, error)];
}

/** What the kernel and its settings say. */
async function examineRouting(pool: PoolConfig, release: IpRelease, client: string | undefined): Promise<Finding[]> {
  const { gateways } = pool;
  const place = tableRefOf(pool);
  const kernel = createKernel({ mostWords: release.mostWords });
  const [observed, landscape] = await Promise.all([kernel.observe(place.table, gateways), readRulesAndRoutes()]);
  const nexthops = gateways.map((gateway) => ({ gateway, weight: 1 }));
  const destinations = destinationsOf(pool);
  const refusing = rejectTypeOf(pool.whenNoGateways);
  const wanted = desiredState(destinations, observed.connected, nexthops, place, refusing).routes;
  const managedTables = await managedAmong([place.table, ...markedTables(landscape)]);
  const facts = { ...landscape, place, guarded: refusing !== undefined, managedTables, wanted };
  const required = requiredAddress(pool);
  return [
    ...judgeSettings(readSettings(observed.devices.values()), gateways.length),
    ...judgePlace(facts),
    ...judgeEarlier(facts),
    ...judgeReach(gateways, observed.unusable),
    ...judgeCovered(coveredByConnected(destinations, observed.connected)),
    ...judgeSession(client, wanted),
    ...(required === undefined ? [] : [judgeDuty(required, observed.addresses)]),
  ];
}

async function examineRecords(pool: PoolConfig): Promise<Finding[]> {
  const provider = providerOf(pool);
  if (!provider) return [];
  const listed = await listRecords(pool, provider);
  return [judgeRecords(pool.ddnsHostname!, listed)];
}

async function examineAddresses(pool: PoolConfig, probed: readonly Probed[]): Promise<Finding[]> {
  if (pool.ddnsProvider === undefined) return [];
  const healthy = probed.filter(({ result }) => result.kind === "success").map(({ gateway }) => gateway);
  return judgeLookUps(await askAddresses(pool, healthy), pool.publicIpServicePort);
}

/** Whether those who are to be told of changes can be. Nothing is run or sent. */
async function examineHooks({ onChange, webhookUrl }: ServiceConfig): Promise<Finding[]> {
  const command = onChange === undefined ? [] : [judgeCommand(onChange[0]!, readCommand(onChange[0]!))];
  if (webhookUrl === undefined) return command;
  const { hostname } = new URL(webhookUrl);
  return [...command, judgeWebhook(hostname, await resolve(hostname))];
}
