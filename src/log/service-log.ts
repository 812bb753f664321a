import { memberLabels, membersOfAll, memberTexts } from "../config/members.ts";
import type { PoolConfig } from "../config/model.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import { haveNames, perPool } from "../events/per-pool.ts";
import { orphanText } from "../routing/orphans.ts";
import { createDdnsLog } from "./ddns-log.ts";
import { createExitLog } from "./exit-log.ts";
import { createGatewayLog } from "./gateway-log.ts";
import type { Log } from "./log.ts";
import { logOfPool, withNames } from "./pool-log.ts";
import { createRoutingLog } from "./routing-log.ts";
import { createTierLog } from "./tier-log.ts";

export type LoggedPool = Pick<PoolConfig, "name" | "ddnsHostname"> & Partial<Pick<PoolConfig, "members">>;

/** Logs the events of all pools and of the machine. What lasts is logged when it begins and when it ends. */
export function createServiceLog(log: Log, pools: readonly LoggedPool[]): Emit {
  const all = haveNames(pools) ? [withoutPool(pools), ...pools] : pools;
  const logsOf = perPool(all, (pool) => {
    const poolLog = withNames(logOfPool(log, pool.name), pool.members);
    const textOf = memberTexts(pool);
    return [
      createGatewayLog(poolLog, textOf),
      createTierLog(poolLog, memberLabels(pool)),
      createRoutingLog(poolLog),
      createDdnsLog(poolLog, pool.ddnsHostname ?? "", textOf),
      createExitLog(poolLog, textOf),
    ];
  });
  return (event) => {
    logMachineEvent(event, log);
    for (const record of logsOf(event) ?? []) record(event);
  };
}

/** What happens to gateways that pools with names share. */
function withoutPool(pools: readonly LoggedPool[]): LoggedPool {
  return { members: membersOfAll(pools), ddnsHostname: undefined };
}

function logMachineEvent(event: ServiceEvent, log: Log): void {
  if (event.type === "cleaned") {
    log("info", `removed ${event.entries} entries that an earlier run left in ${orphanText(event.orphan)}`);
  } else if (event.type === "watching") {
    const { trouble } = event;
    if (trouble === undefined) log("info", "ip monitor runs again");
    else
      log("error", `ip monitor keeps exiting: ${trouble}; changes by other programs are detected late until it runs`);
  }
}
