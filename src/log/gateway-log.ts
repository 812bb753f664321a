import type { Emit } from "../events/events.ts";
import { formatDuration } from "../net/duration.ts";
import type { PoolEvent } from "../pool/events.ts";
import type { Shortage } from "../pool/select.ts";
import { createUnsentWatch } from "../pool/unsent-probes.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { roughly } from "./duration.ts";
import type { Level, Log } from "./log.ts";

/** Gateways that one line names at most. */
const MAX_GATEWAYS = 8;

/** The same for pools. */
const MAX_POOLS = 8;

type EventOf<T extends PoolEvent["type"]> = Extract<PoolEvent, { readonly type: T }>;

/**
 * Logs what happens to the gateways of one pool.
 *
 * @param poolLog for lines about the pool as a whole
 * @param flapping gateways whose hold was reported with their loss, which all pools share
 */
export function createGatewayLog(
  log: Log,
  textOf: GatewayText = addressText,
  poolLog = log,
  flapping = new Set<string>(),
): Emit {
  const logUnsent = createUnsentLog(log);
  const logChange = createChangeLog(log, textOf, flapping);
  const logShortage = createShortageLog(poolLog, textOf);
  return (event) => {
    switch (event.type) {
      case "probe":
        logUnsent(event);
        if (log.writes("debug")) logProbe(event, log, textOf);
        break;
      case "cycle":
        logUnsent(event);
        break;
      case "link-fault":
      case "gateway":
        logChange(event);
        break;
      case "drained":
        logDrain(event, log, textOf);
        break;
      case "selection":
        logShortage(event);
        break;
      case "held": {
        const { gateway, waitMs, losses } = event;
        const text = `gateway ${textOf(gateway)} flaps: lost ${losses} times in a short time; not used for ${roughly(waitMs)}`;
        log(flapping.has(gateway) ? "debug" : "warn", text, { gateway, seconds: waitMs / 1000 });
        break;
      }
      case "released": {
        const { gateway, early } = event;
        const why = early ? "ended early: too few other gateways are healthy" : "ended";
        log(early ? "warn" : "info", `gateway ${textOf(gateway)} is used again: flap hold ${why}`, { gateway });
        break;
      }
      case "unusable": {
        const { gateways, fault } = event;
        poolLog(
          event.held ? "debug" : "warn",
          `left out as nexthop: ${listOf(gateways, textOf)}: ${fault.detail}; used again as soon as that is over`,
        );
        break;
      }
      case "usable":
        poolLog(event.held ? "debug" : "info", `usable as nexthop again: ${listOf(event.gateways, textOf)}`);
        break;
      case "target-fault":
      case "target-back":
        logTarget(event, log);
        break;
      case "failed-together":
        poolLog("warn", commonCauseOf(event));
        break;
    }
  };
}

function logDrain({ gateway, drained, since, initial }: EventOf<"drained">, log: Log, textOf: GatewayText): void {
  const when = initial ? " since an earlier run" : "";
  const how = since === undefined ? " by the configuration: not used" : `${when}: not used until undrain`;
  const text = drained ? `drained${how}` : "not drained any more: used while it is healthy";
  log("info", `gateway ${textOf(gateway)} ${text}`, { gateway, drained });
}

function logTarget(event: EventOf<"target-fault" | "target-back">, log: Log): void {
  const { prober, target } = event;
  if (event.type === "target-back") {
    log("info", `${prober}: target ${target} answers again and is counted`, { prober, target });
    return;
  }
  const fault = `it fails through every gateway (${event.detail}), while other targets answer`;
  const text = `${prober}: target ${target} is at fault itself: ${fault}; not counted until it answers again`;
  log("warn", text, { prober, target, reason: event.code });
}

function logProbe({ gateway, prober, result }: EventOf<"probe">, log: Log, textOf: GatewayText): void {
  const took = formatDuration(Math.round(result.seconds * 1e6) / 1e3);
  const reason = result.kind === "failure" ? result.code : undefined;
  log("debug", `probe of ${textOf(gateway)}: ${result.detail} in ${took}`, {
    gateway,
    prober,
    reason,
    seconds: result.seconds,
  });
}

/** Logs gateways that go up and down; of one that goes down with this router's own link, the fault of that link. */
function createChangeLog(
  log: Log,
  textOf: GatewayText,
  flapping: Set<string>,
): (event: EventOf<"link-fault" | "gateway">) => void {
  const faults = new Map<string, string>();
  return (event) => {
    if (event.type === "gateway") {
      const { gateway, status, detail, flaps } = event;
      if (flaps) flapping.add(gateway);
      else if (!event.held) flapping.delete(gateway);
      const why = status === "down" ? `: ${faults.get(gateway) ?? detail}` : "";
      const how = event.isDrained ? " while drained" : "";
      const text = `gateway ${textOf(gateway)} ${status}${how}${why} (${countsOf(event)})${flapText(flaps)}`;
      log(levelOf(event), text, { gateway, status });
      return;
    }
    const { device, fault, gateways } = event;
    for (const gateway of gateways) {
      if (fault === undefined) faults.delete(gateway);
      else faults.set(gateway, `${device} ${fault.detail}`);
    }
  };
}

/**
 * A loss is a warning, but for one that is expected: that of a drained gateway. What a line about the first round of probes, or
 * about a hold, has said already is not said again.
 */
function levelOf({ status, first, held, isDrained }: EventOf<"gateway">): Level {
  if (first || held) return "debug";
  return status === "down" && !isDrained ? "warn" : "info";
}

/** That a gateway is not used for some time, whatever its probes show. */
function flapText(flaps: EventOf<"gateway">["flaps"]): string {
  if (flaps === undefined) return "";
  return `; it flaps, lost ${flaps.losses} times in a short time: not used for ${roughly(flaps.waitMs)}, up or down`;
}

/** How many gateways are healthy, in each pool that has the gateway where pools have names. */
function countsOf({ up, total, pools = [] }: EventOf<"gateway">): string {
  if (pools.length === 0) return `${up} of ${total} healthy`;
  return list(
    pools.map((one) => `${one.pool}: ${one.up} of ${one.total} healthy`),
    MAX_POOLS,
  );
}

/** Logs when probes cannot be sent, and when a whole round of them could be sent again. */
function createUnsentLog(log: Log): (event: EventOf<"probe" | "cycle">) => void {
  const watch = createUnsentWatch();
  return (event) => {
    const news = watch(event);
    if (news === "sent") log("info", "all probes can be sent again");
    else if (news) log("error", `probes cannot be sent: ${news.unsent}; ${UNSENT_REMEDY}`);
  };
}

const UNSENT_REMEDY =
  "raise the limit of open files (ulimit -n, LimitNOFILE), or find the program that uses all local ports (ss -tan); until then gateways keep their state";

/** Logs when too few gateways are healthy, each other choice that is made for that, and the end. */
function createShortageLog(log: Log, textOf: GatewayText): (event: EventOf<"selection">) => void {
  /** The gateways that the last line named; undefined while enough are healthy. */
  let reported: string | undefined;
  return ({ kept, shortage }) => {
    const before = reported;
    reported = shortage && (shortage.policy === "keep" ? kept.join() : "");
    if (reported === before) return;
    if (shortage) log("warn", shortageText(shortage, listOf(kept, textOf)));
    else log("info", "enough gateways are healthy again: only those are used");
  };
}

/** @param kept the gateways that are used although they are down; empty without any */
function shortageText({ least, policy, total }: Shortage, kept: string): string {
  const used = {
    all: "all are used, healthy or not",
    none: "none is used",
    keep:
      kept === ""
        ? "no gateway that was healthy before can be used instead"
        : `in use although they are down, since they were lost last: ${kept}`,
  };
  return `fewer than ${least} of ${total} gateways are healthy (-min-healthy): ${used[policy]}`;
}

function commonCauseOf({ gateways, links }: EventOf<"failed-together">): string {
  const one = gateways.length === 1;
  const subject = one ? "the only healthy gateway" : `all ${gateways.length} healthy gateways`;
  if (links.length === 0) {
    return `${subject} failed in the same moment, and no fault of this router's own links explains it: a common cause is likely, such as a switch, a power supply, or this router itself`;
  }
  const faults = links.map(({ device, fault }) => `${device}, which ${fault.detail}`).join(", and ");
  return `${subject} failed together with ${faults}: this router's own link is at fault, not the gateway${one ? "" : "s"}`;
}

function listOf(gateways: readonly string[], textOf: GatewayText): string {
  return list(gateways.map(textOf), MAX_GATEWAYS);
}
