import type { Config } from "../config/parse.ts";
import { coveredByConnected, desiredState } from "../routing/desired.ts";
import { destinationsOf } from "../config/destinations.ts";
import { refusingOf } from "../routing/kill-switch.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { askAddresses, listRecords, providerOf } from "./dns.ts";
import { judgeEarlier } from "./preceding-rules.ts";
import { type Finding, warning } from "./finding.ts";
import { judgeProbes, judgeReach, type Probed } from "./gateways.ts";
import { judgeCommand, judgeWebhook } from "./hooks.ts";
import { readLandscape } from "./read-kernel.ts";
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
  const [machine, probed, names, hooks] = await Promise.all([
    examineMachine(config),
    probeAll(config),
    examineRecords(config),
    examineHooks(config),
  ]);
  return [
    ...doubts.map((doubt) => warning("flags", doubt, "-help lists all flags")),
    ...machine.findings,
    ...(machine.release ? await examineRouting(config, machine.release, client).catch(troubleIn("routing")) : []),
    judgePort(await tryPort(config, (await managedAmong([config.firstRoutingTableId])).size > 0)),
    judgeNetworkd(isProgramRunning("systemd-networkd"), readNetworkdTexts()),
    judgeNetworkManager(isProgramRunning("NetworkManager"), readNetworkManagerFiles()),
    ...judgeProbes(probed, config),
    ...names,
    ...(await examineAddresses(config, probed)),
    ...hooks,
  ];
}

function troubleIn(topic: string): (error: unknown) => Finding[] {
  return (error) => [troubleOf(topic, error)];
}

/** What the kernel and its settings say. */
async function examineRouting(config: Config, release: IpRelease, client: string | undefined): Promise<Finding[]> {
  const { gateways, firstRoutingTableId: table, firstRulePreference: preference } = config;
  const place = { table, preference };
  const kernel = createKernel({ place, mostWords: release.mostWords });
  const [observed, landscape] = await Promise.all([kernel.observe(gateways), readLandscape()]);
  const nexthops = gateways.map((gateway) => ({ gateway, weight: 1 }));
  const destinations = destinationsOf(config);
  const refusing = refusingOf(config.whenNoGateways);
  const wanted = desiredState(destinations, observed.connected, nexthops, place, refusing).routes;
  const managedTables = await managedAmong([table, ...markedTables(landscape)]);
  const facts = { ...landscape, place, guarded: refusing !== undefined, managedTables, wanted };
  const required = requiredAddress(config);
  return [
    ...judgeSettings(readSettings(observed.devices.values()), gateways.length),
    ...judgePlace(facts),
    ...judgeEarlier(facts),
    ...judgeReach(gateways, observed.refusals),
    ...judgeCovered(coveredByConnected(destinations, observed.connected)),
    ...judgeSession(client, wanted),
    ...(required === undefined ? [] : [judgeDuty(required, observed.addresses)]),
  ];
}

async function examineRecords(config: Config): Promise<Finding[]> {
  const provider = providerOf(config);
  if (!provider) return [];
  const listed = await listRecords(config, provider);
  return [judgeRecords(config.ddnsHostname!, listed)];
}

async function examineAddresses(config: Config, probed: readonly Probed[]): Promise<Finding[]> {
  if (config.ddnsProvider === undefined) return [];
  const healthy = probed.filter(({ result }) => result.kind === "success").map(({ gateway }) => gateway);
  return judgeLookUps(await askAddresses(config, healthy), config.publicIpServicePort);
}

/** Whether those who are to be told of changes can be. Nothing is run or sent. */
async function examineHooks({ onChange, webhookUrl }: Config): Promise<Finding[]> {
  const command = onChange === undefined ? [] : [judgeCommand(onChange[0]!, readCommand(onChange[0]!))];
  if (webhookUrl === undefined) return command;
  const { hostname } = new URL(webhookUrl);
  return [...command, judgeWebhook(hostname, await resolve(hostname))];
}
