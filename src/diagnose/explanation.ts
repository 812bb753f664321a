import { formatCidr } from "../net/cidr.ts";
import type { RouteAnswer } from "../routing/iproute2/inspect.ts";
import { type PolicyRule, ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import { type NextHop, PROTOCOL } from "../routing/types.ts";
import type { Packet, Step } from "../routing/rule-lookup.ts";
import type { Fate } from "./classify.ts";

/** All that is known of the way of one packet. */
export interface WayFacts {
  readonly flow: Packet;
  /** Our table. */
  readonly table: number;
  /** Whether an instance runs that manages it. */
  readonly running: boolean;
  readonly fate: Fate;
  readonly rules: readonly PolicyRule[];
  /** The rules that were asked, up to the one that decided. */
  readonly steps: readonly Step[];
  readonly answer: RouteAnswer;
}

/** A gateway's part of all flows. */
export interface Share {
  readonly gateway: string;
  readonly device: string;
  /** From 0 to 1. */
  readonly share: number;
}

/** The step that decided, if any did. */
export function decidingStep(steps: readonly Step[]): Step | undefined {
  return steps.find(({ outcome }) => outcome === "route" || outcome === "reject");
}

/** Whether the packet takes the gateways now. */
export function takesGatewaysNow({ steps, table }: Pick<WayFacts, "steps" | "table">): boolean {
  const step = decidingStep(steps);
  return step?.outcome === "route" && isLookup(step.rule, table) && step.route?.type === "unicast";
}

/**
 * Why the packet goes another way now than the options say; undefined when it does not.
 */
export function deviation(facts: WayFacts): string | undefined {
  const { fate, steps, rules, table, running } = facts;
  const now = takesGatewaysNow(facts);
  const guard = refusingGuard(steps);
  if (fate.kind !== "managed" && guard) return `${ruleText(guard)} refuses it, and no rule lets it past`;
  if ((fate.kind === "managed") === now) return undefined;
  if (now) return `the routes in table ${table} were made with other flags than these`;
  const own = rules.find((rule) => isLookup(rule, table));
  const refused = guard ? `, and ${ruleText(guard)} refuses it (-when-no-gateways)` : "";
  if (!own)
    return `${running ? "" : "no service runs with these flags, and "}no rule leads into table ${table}${refused}`;
  const asked = steps.find(({ rule }) => rule === own);
  if (!asked) return `another rule decides before ours is asked: ${ruleText(culprit(steps, own).rule)}`;
  switch (asked.outcome) {
    case "route":
      return `the route in table ${table} refuses it (${asked.route!.type}), as -when-no-gateways says while no gateway is in use`;
    case "throw":
      return `table ${table} was made with other flags than these`;
    default:
      return `table ${table} has no way there: ${running ? "no gateway is in use" : "no service runs with these flags"}${refused}`;
  }
}

/** Our rule that refuses the packet, where one does. */
function refusingGuard(steps: readonly Step[]): PolicyRule | undefined {
  const step = decidingStep(steps);
  return step?.outcome === "reject" && step.rule.protocol === PROTOCOL ? step.rule : undefined;
}

/** The step that kept a rule from being asked. */
function culprit(steps: readonly Step[], { preference }: PolicyRule): Step {
  const jump = steps.find(({ outcome, rule: { action } }) => {
    return outcome === "jump" && action.kind === "goto" && action.preference > preference;
  });
  return jump ?? decidingStep(steps) ?? steps.at(-1)!;
}

/** Whether the kernel's own answer contradicts what reading the rules gave; then something else plays a part. */
export function contradicts({ steps, answer }: Pick<WayFacts, "steps" | "answer">): boolean {
  const step = decidingStep(steps);
  const isWay = step?.outcome === "route" && !REFUSING.has(step.route?.type ?? "");
  if (!answer.ok) return isWay;
  if (!isWay || step.rule.action.kind !== "lookup") return true;
  return tableName(step.rule.action.table) !== answer.table;
}

const REFUSING = new Set(["unreachable", "prohibit", "blackhole"]);

/** The shares of a route's gateways, in the order in which they first stand in it. */
export function sharesOf(nexthops: readonly NextHop[]): Share[] {
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  const shares = new Map<string, Share>();
  for (const { gateway, device = "", weight } of nexthops) {
    const before = shares.get(gateway)?.share ?? 0;
    shares.set(gateway, { gateway, device, share: before + weight / total });
  }
  return [...shares.values()];
}

/** What came of asking one rule, in words. */
export function outcomeText({ outcome, rule, route }: Step): string {
  const { action } = rule;
  const table = action.kind === "lookup" ? tableName(action.table) : "";
  const destination = route && (route.destination.prefix === 0 ? "default" : formatCidr(route.destination));
  switch (outcome) {
    case "no-match":
      return "is about other packets";
    case "pass":
      return "does nothing with it";
    case "jump":
      return "goes on there";
    case "empty":
      return `table ${table} has no way there`;
    case "suppressed":
      return `the way of table ${table} (${destination}) is too general for this rule`;
    case "throw":
      return `table ${table} passes ${destination} on to the next rule`;
    case "route":
      return `table ${table} decides: ${route!.type === "unicast" ? "" : `${route!.type} `}${destination}`;
    case "reject":
      return "refuses it";
  }
}

/** How the kernel tells flows apart that share the gateways (ip-sysctl, fib_multipath_hash_policy). */
export function hashText(policy: string | undefined, fields: string | undefined): string {
  switch (policy) {
    case "1":
      return "addresses, protocol and ports: every connection is placed by itself";
    case "2":
      return "addresses, and in a tunnel those of the packet inside: all connections of one client to one server take one gateway";
    case "3":
      return `the fields of net.ipv4.fib_multipath_hash_fields: ${fieldNames(Number(fields ?? 7))}`;
    default:
      return "addresses only: all connections of one client to one server take one gateway, always the same";
  }
}

/** Bits of fib_multipath_hash_fields (FIB_MULTIPATH_HASH_FIELD_... in include/net/ip_fib.h). */
const FIELDS = [
  ...["source address", "destination address", "protocol", "unused", "source port", "destination port"],
  ...["inner source address", "inner destination address", "inner protocol", "inner flow label"],
  ...["inner source port", "inner destination port"],
];

function fieldNames(bits: number): string {
  const names = FIELDS.filter((_, bit) => (bits >> bit) & 1);
  return names.length === 0 ? "none" : names.join(", ");
}

function isLookup({ action }: PolicyRule, table: number): boolean {
  return action.kind === "lookup" && action.table === table;
}
