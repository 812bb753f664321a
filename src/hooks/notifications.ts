import { memberLabels, memberTexts } from "../config/members.ts";
import type { PoolConfig } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import { describeConflict, describeEntry, describeFight, describeRepair } from "../log/describe.ts";
import { describeTier } from "../log/tier-log.ts";
import type { Entry } from "../routing/entry.ts";
import { failureText } from "../text/failure.ts";
import type { GatewayText } from "../text/gateway.ts";
import type { Draft } from "./notification.ts";

/** Failures of DDNS in a row that may pass by themselves and are not reported. */
const UNREPORTED_FAILURES = 2;

const MAX_ENTRIES = 16;

type EventOf<T extends ServiceEvent["type"]> = Extract<ServiceEvent, { readonly type: T }>;

/** A draft without what all drafts of a pool, or of a gateway, have. */
type PartialDraft = Omit<Draft, "pool" | "up" | "total" | "gatewayName">;

/** What the notifications of a pool depend on. */
type NotifiedPool = Pick<PoolConfig, "name" | "gateways" | "ddnsHostname"> & Partial<Pick<PoolConfig, "members">>;

const NONE: readonly Draft[] = [];

/**
 * Makes the notifications of one pool from its events. A state is reported once, when it begins: gateways that are up at
 * the start are not reported, those that are down are.
 */
export function createNotifications(config: NotifiedPool): (event: ServiceEvent) => readonly Draft[] {
  const { name: pool, gateways, members = [], ddnsHostname = "" } = config;
  const total = gateways.length;
  const textOf = memberTexts(config);
  const gatewayDrafts = createGatewayDrafts(total, textOf);
  const ddnsDrafts = createDdnsDrafts(ddnsHostname);
  const names = new Map(members.flatMap(({ gateway, name }) => (name === undefined ? [] : [[gateway, name] as const])));
  let up = 0;
  const nameIn = ({ gateway = "" }: PartialDraft): Pick<Draft, "gatewayName"> => {
    const gatewayName = names.get(gateway);
    return gatewayName === undefined ? {} : { gatewayName };
  };
  const complete = (drafts: readonly PartialDraft[]): readonly Draft[] =>
    drafts.map((one) => ({
      ...one,
      ...nameIn(one),
      ...(pool !== undefined && { message: `pool ${pool}: ${one.message}`, pool }),
      up,
      total,
    }));

  return (event) => {
    switch (event.type) {
      case "adopted":
        up = event.gateways.length;
        return NONE;
      case "cycle":
        up = event.up;
        return NONE;
      case "gateway":
        up = event.up;
        return complete(gatewayDrafts(event));
      case "gateway-leaks":
        return event.leaking ? complete([leakDraft(event, textOf)]) : NONE;
      case "tier":
        return complete(tierDrafts(event, memberLabels(config)));
      case "drained":
        return event.initial ? NONE : complete([drainDraft(event, textOf)]);
      case "ddns-verified":
      case "ddns-trouble":
        return complete(ddnsDrafts(event));
      case "repaired":
        return complete([entryDraft("drift-repaired", event.entries, describeRepair(event.entries, MAX_ENTRIES))]);
      case "fight":
        return complete([entryDraft("conflict", event.entries, describeFight(event.entries, MAX_ENTRIES))]);
      case "conflict":
        return complete([entryDraft("conflict", [event.entry], describeConflict(event.entry, event.found))]);
      default:
        return NONE;
    }
  };
}

function createGatewayDrafts(total: number, textOf: GatewayText): (event: EventOf<"gateway">) => PartialDraft[] {
  let allDown = false;
  return ({ gateway, before, status, detail, up, down }) => {
    const counted = `${up} of ${total} are up`;
    const subject = `gateway ${textOf(gateway)}`;
    const drafts: PartialDraft[] = [];
    if (status === "down") {
      const message = `${subject} is down: ${detail}; ${counted}`;
      drafts.push({ event: "gateway-down", gateway, reason: detail, message });
    } else if (before !== "unknown") {
      drafts.push({ event: "gateway-up", gateway, message: `${subject} is up; ${counted}` });
    }
    const nowAllDown = down === total;
    if (nowAllDown) drafts.push({ event: "all-down", message: `all gateways are down (${total})` });
    else if (allDown)
      drafts.push({ event: "any-up", message: `a gateway is up again, after all were down; ${counted}` });
    allDown = nowAllDown;
    return drafts;
  };
}

function drainDraft({ gateway, drained }: EventOf<"drained">, textOf: GatewayText): PartialDraft {
  const state = drained ? "drained: it is not used until undrain" : "not drained any more";
  return {
    event: drained ? "gateway-drained" : "gateway-undrained",
    gateway,
    message: `gateway ${textOf(gateway)} is ${state}`,
  };
}

function leakDraft({ gateway, address }: EventOf<"gateway-leaks">, textOf: GatewayText): PartialDraft {
  const reason = `packets through it come out at ${address}, the public address of this router itself`;
  return { event: "gateway-leaks", gateway, reason, message: `gateway ${textOf(gateway)} leaks: ${reason}` };
}

function tierDrafts(event: EventOf<"tier">, labelOf: GatewayText): PartialDraft[] {
  const change = describeTier(event, labelOf);
  return change ? [{ event: "tier-changed", tier: event.tier, message: change.text }] : [];
}

function createDdnsDrafts(hostname: string): (event: EventOf<"ddns-verified" | "ddns-trouble">) => PartialDraft[] {
  let failures = 0;
  let reported: Draft["kind"];

  const recovered = (addresses: readonly string[]): PartialDraft[] => {
    const wasReported = reported !== undefined;
    failures = 0;
    reported = undefined;
    const list = addresses.length === 0 ? "" : `: ${addresses.join(", ")}`;
    const message = `the records of ${hostname} are correct again${list}`;
    return wasReported ? [{ event: "ddns-mended", hostname, message }] : [];
  };

  return (event) => {
    if (event.type === "ddns-verified") return recovered(event.addresses);
    const { kind } = event;
    const reason = failureText(event);
    failures++;
    if (kind === reported || (kind === "passing" && failures <= UNREPORTED_FAILURES)) return [];
    reported = kind;
    const message = `${hostname} is not kept up to date: ${reason}`;
    return [{ event: "ddns-failing", hostname, kind, reason, message }];
  };
}

function entryDraft(event: "drift-repaired" | "conflict", entries: readonly Entry[], message: string): PartialDraft {
  return { event, entries: entries.slice(0, MAX_ENTRIES).map(describeEntry), message };
}
