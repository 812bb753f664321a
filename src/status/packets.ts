import { rejectTypeOf } from "../routing/kill-switch.ts";
import { type Behind, fateText, type PacketFate } from "../routing/packet-fate.ts";
import type { Tone } from "../text/table.ts";
import { familiesIn } from "./membership.ts";
import type { Gateway, Pool, Routing, Status } from "./schema.ts";

/** A statement about some pools and families, such as what happens to their traffic. */
export interface Statement {
  /** Which ones, such as `vpn, rest IPv6`; empty for all. */
  readonly who: string;
  readonly text: string;
  readonly tone: Tone;
}

type State = Pick<Gateway, "address" | "state">;

/** What happens now to packets to managed destinations, by what the kernel holds in one family. */
export function fateOf(routing: Routing, gateways: readonly State[]): PacketFate {
  const { seen, rule, precedingRules, routes, guardRules, whenNoGateways } = routing;
  if (seen === null) return { kind: "unknown" };
  if (precedingRules.some(({ extent }) => extent === "all")) return { kind: "diverted" };
  const [route] = rule ? routes : []; // that with the lowest metric
  if (route?.type === "unicast") {
    const used = route.nexthops.map(({ gateway }) => gateway);
    const states = new Map(gateways.map(({ address, state }) => [address, state]));
    if (used.every((one) => states.get(one) === "down")) return { kind: "kept" };
    return { kind: "spread", gateways: new Set(used).size };
  }
  if (route) return { kind: "rejected", how: route.type };
  const how = rejectTypeOf(whenNoGateways);
  return how !== undefined && guardRules > 0 ? { kind: "rejected", how } : { kind: "falls-through" };
}

/** How good it is for a pool whose gateways should carry its packets. */
const TONES: Readonly<Record<PacketFate["kind"], Tone>> = {
  spread: "good",
  kept: "bad",
  "falls-through": "bad",
  rejected: "bad",
  diverted: "bad",
  unknown: "quiet",
};

/** What happens to traffic now, in each pool and family where that differs; the worst first. */
export function trafficNow(status: Pick<Status, "gateways" | "pools" | "families" | "routing">): readonly Statement[] {
  const { gateways, pools } = status;
  if (!pools) return together(trafficOf("", status, gateways, "tables"));
  return together(pools.flatMap((pool) => trafficOf(pool.name, pool, gateways, "pool")));
}

type Routed = Pick<Pool, "families" | "routing">;

function trafficOf(name: string, pool: Routed, gateways: readonly State[], behind: Behind): Statement[] {
  const families = familiesIn(pool).map((family): Statement => {
    const fate = fateOf(family.routing, gateways);
    return { who: joined(name, family.name), text: fateText(fate, behind), tone: TONES[fate.kind] };
  });
  if (!pool.routing.rejectsIpv6) return families;
  const fate: PacketFate = { kind: "rejected", how: pool.routing.whenNoGateways };
  // That is what is asked for, so it is no problem.
  return [
    ...families.map((one) => ({ ...one, who: joined(name, "IPv4") })),
    { who: joined(name, "IPv6"), text: fateText(fate), tone: "quiet" },
  ];
}

/** Whether packets are rejected while no gateway can be used, in each pool where that differs. */
export function killSwitches({
  pools,
  ...status
}: Pick<Status, "pools" | "families" | "routing">): readonly Statement[] {
  return together((pools ?? [{ name: "", ...status }]).map((pool) => ({ who: pool.name, ...killSwitch(pool) })));
}

function killSwitch(pool: Routed): Omit<Statement, "who"> {
  const how = rejectTypeOf(pool.routing.whenNoGateways);
  if (how === undefined) return { text: "off", tone: "quiet" };
  const missing = familiesIn(pool).some(({ routing }) => routing.seen !== null && routing.guardRules === 0);
  return missing
    ? { text: `on (${how}), but its rules are missing`, tone: "bad" }
    : { text: `on (${how})`, tone: "good" };
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

const ORDER: readonly Tone[] = ["bad", "doubtful", "good", "quiet"];

/** One for each text, with all for whom it holds, which are not named where there is only one. */
function together(all: readonly Statement[]): readonly Statement[] {
  const groups = [...Map.groupBy(all, ({ text }) => text).values()];
  if (groups.length === 1) return [{ ...groups[0]![0]!, who: "" }];
  return groups
    .map((alike) => ({ ...alike[0]!, who: alike.map(({ who }) => who).join(", ") }))
    .sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone)); // stable
}

/** The same as sentences about the subject, such as `traffic of vpn is rejected (unreachable)`. */
export function sentencesOf(subject: string, all: readonly Statement[]): string[] {
  return all.map(({ who, text }) => [subject, ...(who === "" ? [] : [`of ${who}`]), text].join(" "));
}
