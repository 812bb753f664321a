import { nameText } from "../ddns/record-type.ts";
import { dnsNameText, perDnsName } from "../config/dns-names.ts";
import { routedFamilies } from "../config/destinations.ts";
import { memberAddresses } from "../config/families.ts";
import { memberLabels, memberTexts } from "../config/members.ts";
import type { Member, PoolConfig } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import { familyOfEvent } from "../events/per-family.ts";
import { describeConflict, describeEntry, describeFight, describeRepair } from "../log/describe.ts";
import { describeTier } from "../log/tier-log.ts";
import type { Family } from "../net/address.ts";
import type { Entry } from "../routing/entry.ts";
import type { GatewayText } from "../text/gateway.ts";
import { type Counts, FamilyState } from "./family-state.ts";
import { createDdnsDrafts, type NameState, newNameState, type NotifiedName } from "./name-notifications.ts";
import type { Draft } from "./notification.ts";

const MAX_ENTRIES = 16;

type EventOf<T extends ServiceEvent["type"]> = Extract<ServiceEvent, { readonly type: T }>;

/** A draft without what all drafts of a pool, or of a gateway, have. */
type PartialDraft = Omit<Draft, "pool" | keyof Counts | "gatewayName">;

/** What the notifications of a pool depend on. */
export type NotifiedPool = Pick<PoolConfig, "name" | "gateways" | "dnsNames"> &
  Partial<Pick<PoolConfig, "members" | "route" | "whenNoGateways" | "minHealthy" | "minHealthyPolicy">>;

const NONE: readonly Draft[] = [];

/**
 * Makes the notifications of one pool from its events. A state is reported once, when it begins: gateways that are up at
 * the start are not reported, those that are down are. Where a pool routes both families, each is reported for itself.
 *
 * @param states what was reported of its gateways before, which this goes on from
 * @param nameStateOf finds the same of its DNS names
 */
export function createNotifications(
  config: NotifiedPool,
  states = familyStates(config),
  nameStateOf: (name: NotifiedName) => NameState = newNameState,
): (event: ServiceEvent) => readonly Draft[] {
  const { name: pool, members = [] } = config;
  const textOf = memberTexts(config);
  const families = routedBy(config);
  const ddnsDrafts = families.map((one) =>
    perDnsName(config.dnsNames, (name) => {
      const notified = { pool: config, family: one, name };
      const subject = nameText(dnsNameText(name, config.dnsNames), one, families.length > 1);
      return createDdnsDrafts(notified, subject, nameStateOf(notified));
    }),
  );
  const names = namesOf(members);
  const nameIn = ({ gateway = "" }: PartialDraft): Pick<Draft, "gatewayName"> => {
    const gatewayName = names.get(gateway);
    return gatewayName === undefined ? {} : { gatewayName };
  };
  const complete = (drafts: readonly PartialDraft[], counts: Counts): readonly Draft[] =>
    drafts.map((one) => ({
      ...one,
      ...nameIn(one),
      ...(pool !== undefined && { message: `pool ${pool}: ${one.message}`, pool }),
      ...counts,
    }));
  /** What concerns no family counts the gateways of the first. */
  const completeWhole = (drafts: readonly PartialDraft[]): readonly Draft[] => {
    const { up, total } = states[0]!.counts;
    return complete(drafts, { up, total });
  };

  return (event) => {
    switch (event.type) {
      case "adopted":
        for (const one of states) one.adopt(event.gateways);
        return NONE;
      case "drained":
        return event.initial ? NONE : completeWhole([drainDraft(event, textOf)]);
    }
    const index = families.indexOf(familyOfEvent(event));
    const state = states[index];
    if (state === undefined) return NONE;
    const isOfName = event.type === "ddns-verified" || event.type === "ddns-trouble";
    const drafts = isOfName ? (ddnsDrafts[index]!(event)?.(event) ?? []) : familyDrafts(event, state, config);
    return complete(drafts, state.counts);
  };
}

/** A pool of which nothing was reported, in each family that it routes. */
export function familyStates(pool: NotifiedPool): readonly FamilyState[] {
  const families = routedBy(pool);
  return families.map((one) => new FamilyState(pool, one, families.length > 1, memberTexts(pool)));
}

/** What an event means for the family that it is about. */
function familyDrafts(event: ServiceEvent, state: FamilyState, config: NotifiedPool): readonly PartialDraft[] {
  switch (event.type) {
    case "cycle":
      state.recount(event.up);
      return [];
    case "gateway":
      return state.turn(event);
    case "released":
      return state.release(event.gateway);
    case "gateway-leaks":
      return event.leaking ? [leakDraft(event, memberTexts(config))] : [];
    case "tier":
      return tierDrafts(event, memberLabels(config)).map((one) => state.name(one));
    case "repaired":
      return [entryDraft("drift-repaired", event.entries, describeRepair(event.entries, MAX_ENTRIES))];
    case "fight":
      return [entryDraft("conflict", event.entries, describeFight(event.entries, MAX_ENTRIES))];
    case "conflict":
      return [entryDraft("conflict", [event.entry], describeConflict(event.entry, event.found))];
    default:
      return [];
  }
}

/** The families that a pool routes; IPv4 where that is not known. */
function routedBy({ route = [] }: NotifiedPool): readonly Family[] {
  const families = routedFamilies({ route });
  return families.length === 0 ? [4] : families;
}

/** The names of gateways by each of their addresses. */
function namesOf(members: readonly Member[]): ReadonlyMap<string, string> {
  return new Map(
    members.flatMap((member) => {
      const { name } = member;
      return name === undefined ? [] : memberAddresses(member).map((address) => [address, name] as const);
    }),
  );
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

function entryDraft(event: "drift-repaired" | "conflict", entries: readonly Entry[], message: string): PartialDraft {
  return { event, entries: entries.slice(0, MAX_ENTRIES).map(describeEntry), message };
}
