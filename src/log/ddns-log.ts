import type { Emit } from "../events/events.ts";
import type { DdnsEvent } from "../ddns/events.ts";
import { isLasting } from "../ddns/lasting.ts";
import type { LookUpFailureCode } from "../ddns/look-up-result.ts";
import type { RecordChange } from "../ddns/plan-records.ts";
import { ttlText } from "../ddns/read-back.ts";
import { formatDuration } from "../net/duration.ts";
import { failureText } from "../text/failure.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { roughly } from "./duration.ts";
import type { Log } from "./log.ts";

/** Logs the public addresses of gateways: when they change, and when look-ups begin and end to fail. */
export function createLookUpLog(log: Log, textOf: GatewayText = addressText): Emit {
  /** The last public address of each gateway. */
  const addresses = new Map<string, string>();
  /** Why the newest look-up of a gateway failed. */
  const failing = new Map<string, LookUpFailureCode>();

  const logLookUp = ({ gateway, result }: Extract<DdnsEvent, { type: "public-ip" }>): void => {
    const before = failing.get(gateway);
    const fields = { gateway, seconds: result.seconds };
    const owner = textOf(gateway);
    if (result.kind === "success") {
      addresses.set(gateway, result.address);
      failing.delete(gateway);
      log(before === undefined ? "debug" : "info", `public address of ${owner}: ${result.address}`, fields);
    } else {
      failing.set(gateway, result.code);
      const level = before === result.code ? "debug" : "warn";
      const last = result.code === "no-address" ? addresses.get(gateway) : undefined;
      const lost = last === undefined ? "" : `; it reported ${last} before, so its VPN is most likely down`;
      log(level, `cannot determine the public address of ${owner}: ${failureText(result)}${lost}`, fields);
    }
  };

  return (event) => {
    if (event.type === "public-ip") logLookUp(event);
    else if (event.type === "public-ip-changed") {
      const { gateway, from, to } = event;
      const was = from === undefined ? "" : ` (was ${from})`;
      // The first one is no change: at the start all gateways have one.
      log(was === "" ? "debug" : "info", `gateway ${textOf(gateway)} has the public address ${to}${was}`, { gateway });
    }
  };
}

/** How lines call a DNS name. */
export interface LoggedName {
  readonly hostname: string;
  /** Whether its pool has others, so that each line needs its name. */
  readonly isOneOfSeveral?: boolean;
  /** Whether it follows one gateway. */
  readonly follows?: boolean;
}

/** What was logged of a DNS name last. */
export interface LoggedState {
  trouble?: string | undefined;
  /** Failures in a row. */
  failures?: number;
  resolves?: string | undefined;
}

/**
 * Logs what happens to a DNS name. A failure that goes on with the same code is logged once, and so is its end; only a
 * failure that a person has to correct is logged at each try.
 *
 * @param state what was logged of the name before, which this goes on from
 */
export function createDdnsLog(
  log: Log,
  { hostname, isOneOfSeveral = false, follows = false }: LoggedName,
  state: LoggedState = {},
): Emit {
  const subject = isOneOfSeveral ? `ddns: ${hostname}` : "ddns";
  const whyEmpty = follows ? "its gateway is not active" : "no gateway is active";

  const logVerified = ({ addresses, retained }: Extract<DdnsEvent, { type: "ddns-verified" }>): void => {
    const why = "the address of an active gateway is unknown";
    const doubt = retained.length === 0 ? "" : ` (${some(retained)} retained: ${why})`;
    const now = `${addresses.join(", ")} ${retained.join(", ")}`;
    const unchanged = now === state.resolves && state.trouble === undefined;
    const isEmpty = addresses.length === 0;
    const level = unchanged ? "debug" : isEmpty ? "warn" : "info";
    const has = isEmpty ? `has no address: ${whyEmpty}` : `resolves to ${some(addresses)}${doubt}`;
    const isBack = isLasting("passing", state.failures ?? 0);
    log(level, `ddns: ${hostname} ${isBack ? `is up to date again: it ${has}` : has}`);
    state.resolves = now;
    state.trouble = undefined;
    state.failures = 0;
  };

  const delayText = (addresses: readonly string[], delayMs: number): string => {
    const should = addresses.length === 0 ? "have no address" : `resolve to ${some(addresses)}`;
    const wait = formatDuration(Math.round(delayMs / 1000) * 1000);
    return `ddns: ${hostname} should ${should} now, but the last failure delays that: next try in ${wait}`;
  };

  return (event) => {
    switch (event.type) {
      case "ddns-write-gate": {
        const { address, allowed } = event;
        const has = allowed ? "has" : "does not have";
        log("info", `${subject}: writes ${allowed ? "allowed" : "suspended"}: this machine ${has} ${address}`);
        break;
      }
      case "ddns-desired":
        if (event.addresses !== undefined && event.delayMs > 0) log("info", delayText(event.addresses, event.delayMs));
        break;
      case "ddns-update":
        if (event.changes.length > 0) log("info", `ddns: ${hostname}: ${some(event.changes.map(changeText))}`);
        break;
      case "ddns-verified":
        logVerified(event);
        break;
      case "ddns-trouble": {
        const what = event.code ?? event.detail;
        const { failures = 0 } = state;
        state.failures = failures + 1;
        const turnsLasting =
          event.kind === "passing" && isLasting("passing", state.failures) && !isLasting("passing", failures);
        const isNew = state.trouble !== what || turnsLasting;
        const level = event.kind !== "passing" ? "error" : isNew ? "warn" : "debug";
        const how = turnsLasting ? `not kept up to date, ${state.failures} tries in a row have failed: ` : "";
        log(level, `ddns: ${hostname}: ${how}${failureText(event)}; next try in ${roughly(event.waitMs)}`);
        state.trouble = what;
        break;
      }
      case "ddns-accepted": {
        const { storedTtl, ttl } = event;
        log("warn", `ddns: ${hostname}: ${ttlText(storedTtl, ttl)}; accepted; set -ddns-record-ttl ${storedTtl}s`);
        break;
      }
      case "ddns-shown":
        log("info", `ddns: ${hostname}: name servers show the addresses after ${secondsText(event.seconds)}`);
        break;
      case "ddns-not-shown": {
        const { seconds, detail } = event;
        log(
          "warn",
          `ddns: ${hostname}: name servers do not show the addresses after ${secondsText(seconds)}: ${detail}`,
        );
        break;
      }
      case "ddns-skipped":
        log("debug", `${subject}: nothing written: ${event.reason}`);
        break;
    }
  };
}

/** Addresses, or changes of them, that one line has at most. */
const MOST_ADDRESSES = 8;

function some(texts: readonly string[]): string {
  return list(texts, MOST_ADDRESSES);
}

function secondsText(seconds: number): string {
  return formatDuration(Math.round(seconds * 10) * 100);
}

function changeText(change: RecordChange): string {
  switch (change.op) {
    case "add":
      return `added ${change.content.address}`;
    case "remove":
      return `removed ${change.record.address}`;
    case "change": {
      const { record, content } = change;
      return record.address === content.address
        ? `corrected ${record.address}`
        : `changed ${record.address} to ${content.address}`;
    }
  }
}
