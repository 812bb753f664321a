import type { Emit, ServiceEvent } from "../daemon/events.ts";
import { formatDuration } from "../net/duration.ts";
import { commandOf } from "../routing/batch.ts";
import type { Log } from "./log.ts";

/** Tells events as sentences. A trouble that lasts is told once, and so is its end. */
export function createNarrator(log: Log, table: number): Emit {
  let trouble: string | undefined;
  return (event) => {
    if (event.type === "trouble") {
      const { message, waitMs } = event;
      log(message === trouble ? "debug" : "error", `${message}; trying again in ${formatDuration(waitMs)}`);
      trouble = message;
    } else if (event.type === "settled" && trouble !== undefined) {
      log("info", "the kernel holds what it should again");
      trouble = undefined;
    } else {
      narrate(event, log, table);
    }
  };
}

function narrate(event: ServiceEvent, log: Log, table: number): void {
  switch (event.type) {
    case "probe": {
      if (!log.writes("debug")) break;
      const { gateway, result } = event;
      const took = formatDuration(Math.round(result.seconds * 1e6) / 1e3);
      const outcome = result.kind === "success" ? `status ${result.status}` : result.detail;
      const reason = result.kind === "failure" ? result.reason : undefined;
      log("debug", `probe of ${gateway}: ${outcome} in ${took}`, { gateway, reason, seconds: result.seconds });
      break;
    }
    case "gateway": {
      const { gateway, status, detail, up, total } = event;
      const why = status === "down" ? `: ${detail}` : "";
      log("info", `gateway ${gateway} ${status}${why} (${up} of ${total} healthy)`, { gateway, status });
      break;
    }
    case "applied":
      for (const change of event.changes) log("debug", `ip ${commandOf(change, table).join(" ")}`);
      break;
    case "repaired":
      log("warn", `somebody removed or altered ${list(event.entries.map(({ key }) => key))}: putting it back`);
      break;
    case "fight":
      log(
        "warn",
        `another program keeps undoing ${event.key}; next repair in ${formatDuration(event.waitMs)}. Find it with: ip monitor rule route`,
      );
      break;
    case "conflict":
      log(
        "warn",
        `${event.key} is held by ${event.found}, which is left alone; remove it, or choose another -first-routing-table-id`,
      );
      break;
    case "refused":
      log("warn", `left out as nexthop: ${list(event.gateways)}: ${event.why}; tried again when that changes`);
      break;
    case "accepted":
      log("info", `can be a nexthop again: ${list(event.gateways)}`);
      break;
    case "covered":
      log("warn", `route ${event.destination} is left out: ${event.by} is a network of this machine and covers it`);
      break;
    case "cleaned":
      log("info", `removed ${event.entries} entries that an earlier run left in table ${event.table}`);
      break;
  }
}

/** The first few of a list that may be long. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, 8).join(", ");
  return items.length > 8 ? `${shown} and ${items.length - 8} more` : shown;
}
