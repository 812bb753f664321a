import { routedFamilies } from "../config/destinations.ts";
import { dnsNameKey, dnsNameText, perDnsName } from "../config/dns-names.ts";
import { memberAddresses } from "../config/families.ts";
import { memberLabels, membersOfAll, memberTexts } from "../config/members.ts";
import type { DnsNameConfig, PoolConfig } from "../config/model.ts";
import { nameText } from "../ddns/record-type.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import { haveNames, perPool } from "../events/per-pool.ts";
import { remembered } from "../events/remembered.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import { orphanText } from "../routing/orphans.ts";
import { createDdnsLog, createLookUpLog, type LoggedState } from "./ddns-log.ts";
import { createExitLog } from "./exit-log.ts";
import { createGatewayLog } from "./gateway-log.ts";
import { createOutageLog } from "./outage-log.ts";
import { logRejection } from "./http-log.ts";
import type { Log } from "./log.ts";
import { logOfFamily, logOfPool, withNames } from "./pool-log.ts";
import { createRoutingLog } from "./routing-log.ts";
import { createTierLog } from "./tier-log.ts";
import { createUsabilityLog } from "./usability-log.ts";

export type LoggedPool = Pick<PoolConfig, "name" | "dnsNames"> &
  Partial<Pick<PoolConfig, "members" | "route" | "whenNoGateways">>;

/** The records of a DNS name in one family. */
interface NameInFamily {
  readonly pool: LoggedPool;
  readonly family: Family;
  readonly name: DnsNameConfig;
}

/** Logs the events of all pools and of the machine. What lasts is logged when it begins and when it ends. */
export function createServiceLog(log: Log, pools: readonly LoggedPool[]): Emit {
  return createReloadableLog(log, pools).record;
}

/** The same, for pools that may be replaced by others. */
export function createReloadableLog(log: Log, pools: readonly LoggedPool[]) {
  const flapping = new Set<string>();
  const logsOfPool = remembered(
    (pool: LoggedPool) => createPoolLogs(log, pool, flapping),
    (pool) => [
      ...[pool.name, pool.members?.map((one) => [...memberAddresses(one), one.name])],
      ...[routesBoth(pool), pool.whenNoGateways],
    ],
  );
  const statesOfNames = remembered(
    (): LoggedState => ({}),
    ({ pool, family, name }: NameInFamily) => [pool.name, family, dnsNameKey(name)],
  );
  const logsOf = (some: readonly LoggedPool[]) => {
    const [ofPool, stateOf] = [logsOfPool(), statesOfNames()];
    return perPool(haveNames(some) ? [withoutPool(some), ...some] : some, (pool) => {
      return [...ofPool(pool), createNamesLog(log, pool, stateOf)];
    });
  };
  let current = logsOf(pools);
  return {
    record(event: ServiceEvent): void {
      logMachineEvent(event, log);
      for (const record of current(event) ?? []) record(event);
    },
    reload(changed: readonly LoggedPool[]): void {
      current = logsOf(changed);
    },
  };
}

/**
 * What a pool does in each family is logged for itself: what began in one does not end in the other. What is about gateways
 * and their links has no family: rounds of probes are about those of both.
 */
function createPoolLogs(log: Log, pool: LoggedPool, flapping: Set<string>): readonly Emit[] {
  const [ipv4, ipv6] = FAMILIES.map((family) => createFamilyLogs(log, pool, family, flapping));
  return [(event) => ("family" in event ? ipv6! : ipv4!).forEach((record) => record(event))];
}

function routesBoth({ route = [] }: LoggedPool): boolean {
  return routedFamilies({ route }).length > 1;
}

/** Whether a pool that routes IPv4 alone rejects this family. */
function rejects({ route = [] }: LoggedPool, family: Family): boolean {
  return family === 6 && routedFamilies({ route }).join() === "4";
}

/** Lines about gateways, and about entries of the kernel, tell their family themselves. */
function createFamilyLogs(log: Log, pool: LoggedPool, family: Family, flapping: Set<string>): readonly Emit[] {
  const poolLog = withNames(logOfPool(log, pool.name), pool.members);
  const familyLog = routesBoth(pool) || rejects(pool, family) ? logOfFamily(poolLog, family) : poolLog;
  const textOf = memberTexts(pool);
  return [
    createGatewayLog(poolLog, textOf, familyLog, flapping),
    createOutageLog(familyLog, textOf, pool),
    createTierLog(familyLog, memberLabels(pool)),
    createRoutingLog(familyLog, poolLog),
    createUsabilityLog(familyLog),
    createLookUpLog(poolLog, textOf),
    createExitLog(poolLog, textOf),
  ];
}

/** Lines about each DNS name of a pool, in each family. What a name has logged does not depend on the others. */
function createNamesLog(log: Log, pool: LoggedPool, stateOf: (name: NameInFamily) => LoggedState): Emit {
  const poolLog = logOfPool(log, pool.name);
  const isOneOfSeveral = pool.dnsNames.length > 1;
  const [ipv4, ipv6] = FAMILIES.map((family) =>
    perDnsName(pool.dnsNames, (name) => {
      const hostname = nameText(dnsNameText(name, pool.dnsNames), family, routesBoth(pool));
      const called = { hostname, isOneOfSeveral, follows: name.follows !== undefined };
      return createDdnsLog(poolLog, called, stateOf({ pool, family, name }));
    }),
  );
  return (event) => ("family" in event ? ipv6! : ipv4!)(event)?.(event);
}

/** What happens to gateways that pools with names share. */
function withoutPool(pools: readonly LoggedPool[]): LoggedPool {
  return { members: membersOfAll(pools), dnsNames: [] };
}

function logMachineEvent(event: ServiceEvent, log: Log): void {
  if (event.type === "cleaned") {
    log("info", `removed ${event.entries} entries that an earlier run left in ${orphanText(event.orphan)}`);
  } else if (event.type === "http-rejected") {
    logRejection(event, log);
  } else if (event.type === "watching") {
    const { trouble } = event;
    if (trouble === undefined) log("info", "ip monitor runs again");
    else
      log("error", `ip monitor keeps exiting: ${trouble}; changes by other programs are detected late until it runs`);
  }
}
