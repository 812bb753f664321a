import type { Emit, ServiceEvent } from "../events/events.ts";
import type { Quorum } from "../pool/quorum.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { commandOf } from "../routing/iproute2/batch.ts";
import { orphanText } from "../routing/orphans.ts";
import { describeEntry, describeRoute } from "./describe.ts";
import type { Log } from "./log.ts";

/** Tells events as sentences. A trouble that lasts is told once, and so is its end. */
export function createServiceLog(log: Log, table: number): Emit {
  let trouble: string | undefined;
  let shortage: string | undefined;
  const tellUnsent = createUnsentNarrator(log);
  const tellGateway = createGatewayNarrator(log);
  return (event) => {
    tellUnsent(event);
    tellGateway(event);
    if (event.type === "trouble") {
      const { error, waitMs } = event;
      log(error.detail === trouble ? "debug" : "error", `${error.detail}; trying again in ${formatDuration(waitMs)}`);
      trouble = error.detail;
    } else if (event.type === "settled" && trouble !== undefined) {
      log("info", "the kernel holds what it should again");
      trouble = undefined;
    } else if (event.type === "selection") {
      const told = shortage;
      shortage = shortageOf(event);
      if (shortage !== undefined && shortage !== told) log("warn", shortage);
      if (shortage === undefined && told !== undefined)
        log("info", "enough gateways are healthy again: only those are used");
    } else {
      narrate(event, log, table);
    }
  };
}

/** Tells of gateways that come and go; of those that go with this router's own link, that it is the link. */
function createGatewayNarrator(log: Log): Emit {
  const faults = new Map<string, string>();
  return (event) => {
    if (event.type === "link-fault") {
      const { device, fault, gateways } = event;
      for (const gateway of gateways) {
        if (fault === undefined) faults.delete(gateway);
        else faults.set(gateway, `${device} ${fault.detail}`);
      }
    } else if (event.type === "gateway") {
      const { gateway, status, detail, up, total } = event;
      const why = status === "down" ? `: ${faults.get(gateway) ?? detail}` : "";
      log("info", `gateway ${gateway} ${status}${why} (${up} of ${total} healthy)`, { gateway, status });
    }
  };
}

/** Tells that probes could not be sent: once, until a whole round of them could. */
function createUnsentNarrator(log: Log): Emit {
  let told = false;
  let unsent = 0;
  return (event) => {
    if (event.type === "probe" && event.result.kind === "failure" && event.result.code === "exhausted") {
      unsent++;
      if (!told) log("error", `probes cannot be sent: ${event.result.detail}; ${UNSENT_REMEDY}`);
      told = true;
    } else if (event.type === "cycle") {
      if (told && unsent === 0) log("info", "all probes can be sent again");
      told &&= unsent > 0;
      unsent = 0;
    }
  };
}

const UNSENT_REMEDY =
  "raise the limit of open files (ulimit -n, LimitNOFILE), or find what takes all local ports (ss -tan); until then gateways count as they did";

function narrate(event: ServiceEvent, log: Log, table: number): void {
  switch (event.type) {
    case "probe": {
      if (!log.writes("debug")) break;
      const { gateway, result } = event;
      const took = formatDuration(Math.round(result.seconds * 1e6) / 1e3);
      const outcome = result.kind === "success" ? `status ${result.status}` : result.detail;
      const reason = result.kind === "failure" ? result.code : undefined;
      log("debug", `probe of ${gateway}: ${outcome} in ${took}`, { gateway, reason, seconds: result.seconds });
      break;
    }
    case "held": {
      const { gateway, waitMs, losses } = event;
      const text = `gateway ${gateway} flaps: lost ${losses} times in a short time, so it is not used for another ${roughly(waitMs)}`;
      log("warn", text, { gateway, seconds: waitMs / 1000 });
      break;
    }
    case "released": {
      const { gateway, early } = event;
      const text = early ? "used although it flaps: too few others are healthy" : "used again: its hold is over";
      log(early ? "warn" : "info", `gateway ${gateway} is ${text}`, { gateway });
      break;
    }
    case "failed-together":
      log("warn", commonCauseOf(event));
      break;
    case "applied":
      for (const change of event.changes) log("debug", `ip ${commandOf(change, table).join(" ")}`);
      break;
    case "repaired":
      log("warn", `somebody removed or altered ${list(event.entries.map(describeEntry))}: putting it back`);
      break;
    case "fight":
      log(
        "warn",
        `another program keeps undoing ${list(event.entries.map(describeEntry))}; next repair in ${formatDuration(event.waitMs)}. Find it with: ip monitor rule route`,
      );
      break;
    case "conflict":
      log(
        "warn",
        `${describeEntry(event.entry)} is held by ${describeRoute(event.found)}, which is left alone; remove it, or choose another -first-routing-table-id`,
      );
      break;
    case "unusable":
      log("warn", `left out as nexthop: ${list(event.gateways)}: ${event.fault.detail}; tried again when that changes`);
      break;
    case "usable":
      log("info", `can be a nexthop again: ${list(event.gateways)}`);
      break;
    case "watching":
      if (event.trouble === undefined) log("info", "ip monitor runs again");
      else
        log(
          "error",
          `ip monitor ends again and again: ${event.trouble}; until it runs, changes by others are seen late`,
        );
      break;
    case "covered":
      log(
        "warn",
        `route ${formatCidr(event.destination)} is left out: ${formatCidr(event.by)} is a network of this machine and covers it`,
      );
      break;
    case "cleaned":
      log("info", `removed ${event.entries} entries that an earlier run left in ${orphanText(event.orphan)}`);
      break;
  }
}

function commonCauseOf({ gateways, links }: ServiceEvent & { readonly type: "failed-together" }): string {
  const one = gateways.length === 1;
  const who = one ? "the only healthy gateway" : `all ${gateways.length} healthy gateways`;
  if (links.length === 0) {
    return `${who} failed in the same moment, and no fault of this router's own links explains it: a common cause is likely, such as a switch, a power supply, or this router itself`;
  }
  const faults = links.map(({ device, fault }) => `${device}, which ${fault.detail}`).join(", and ");
  return `${who} failed together with ${faults}: this router's own link is at fault, not the gateway${one ? "" : "s"}`;
}

/** A duration without the digits that nobody reads. */
function roughly(milliseconds: number): string {
  const unit = milliseconds < 1000 ? 1 : milliseconds < 10_000 ? 100 : 1000;
  return formatDuration(Math.round(milliseconds / unit) * unit);
}

const POLICIES: Readonly<Record<Quorum["policy"], string>> = {
  keep: "in use although they are down, since they were lost last: ",
  all: "all are used, healthy or not",
  none: "none is used",
};

/** What is done about too few healthy gateways. The same text means that there is no news. */
function shortageOf({ kept, shortage }: ServiceEvent & { readonly type: "selection" }): string | undefined {
  if (!shortage) return undefined;
  const { least, policy, total } = shortage;
  const what =
    policy === "keep"
      ? kept.length === 0
        ? "none has been lost that could be kept"
        : POLICIES.keep + list(kept)
      : POLICIES[policy];
  return `fewer than ${least} of ${total} gateways are healthy (-min-healthy): ${what}`;
}

/** The first few of a list that may be long. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, 8).join(", ");
  return items.length > 8 ? `${shown} and ${items.length - 8} more` : shown;
}
