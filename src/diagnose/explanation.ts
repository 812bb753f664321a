import type { GivenGateways } from "../config/members.ts";
import { formatCidr } from "../net/cidr.ts";
import type { RouteAnswer } from "../routing/iproute2/inspect.ts";
import { ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import type { Classification } from "../routing/classify.ts";
import type { Destinations } from "../routing/desired.ts";
import { leadsTo } from "../routing/diversions.ts";
import { isOurs } from "../routing/entry.ts";
import { isDecision, isRejectType, matches, type Packet, type Step } from "../routing/rule-lookup.ts";
import { type ObservedRoute, PROTOCOL } from "../routing/types.ts";
import type { NamedGateway } from "../text/gateway.ts";
import type { PacketPools } from "./packet-pools.ts";
import type { ProbePaths } from "./probe-paths-to.ts";
import type { Settings } from "./settings.ts";

/** What is asked of a packet besides its addresses and ports. */
export interface AskedOf {
  /** The interface on which it comes in. */
  readonly in?: string;
  readonly mark?: number;
  readonly flowLabel?: number;
}

/** All that is known about the route of one packet. */
export interface PacketFacts {
  readonly packet: Packet;
  /** That of the pool that should have the packet. */
  readonly table: number;
  /** Those of the flags, or of the pool that has the packet, by their addresses of its family. */
  readonly gateways: readonly string[];
  /** The same with their names, as far as they have some. */
  readonly named?: readonly NamedGateway[];
  /** How the flags give them; by a range where it is undefined. */
  readonly given?: GivenGateways;
  /** Whether an instance runs that manages it. */
  readonly running: boolean;
  readonly destinations: Destinations;
  readonly classification: Classification;
  readonly rules: readonly PolicyRule[];
  /** The look-up, up to the rule that decides. */
  readonly steps: readonly Step[];
  /** The kernel's own answer. */
  readonly answer: RouteAnswer;
  /** Gateways that are taken out for maintenance. */
  readonly drained?: readonly string[];
  readonly settings: Pick<Settings, "hashPolicy" | "hashFields">;
  /** Set where pools have names. */
  readonly pools?: PacketPools | undefined;
  /** Absent where nothing else is asked. */
  readonly asked?: AskedOf;
  /** How probes get there, if it is a target of theirs: by marks, not as this packet. */
  readonly probes?: ProbePaths | undefined;
}

/** The step that decides, if one does. */
export function decidingStep(steps: readonly Step[]): Step | undefined {
  return steps.find(isDecision);
}

/** The table by whose route of ours the packet goes through gateways now, whatever others it has; undefined where it does not. */
export function tableNow({ steps, table, pools }: Pick<PacketFacts, "steps" | "table" | "pools">): number | undefined {
  const step = decidingStep(steps);
  if (step?.outcome !== "route" || !isOurs(step.route!) || step.route!.type !== "unicast") return undefined;
  return tablesOf({ table, pools }).find((one) => leadsTo(step.rule, one));
}

/** The tables of all pools. */
export function tablesOf({ table, pools }: Pick<PacketFacts, "table" | "pools">): readonly number[] {
  return pools?.verdicts.map(({ pool }) => pool.table) ?? [table];
}

/** Whether a step ends in one of our tables at a route of another program. */
export function isForeignInside({ rule, route }: Step, tables: readonly number[]): boolean {
  return route !== undefined && tables.some((table) => leadsTo(rule, table)) && !isOurs(route);
}

function describeForeign({ type, destination, protocol, nexthops }: ObservedRoute, table: number): string {
  const via = nexthops.map(({ gateway, device = "" }) => (gateway === "" ? `dev ${device}` : `via ${gateway}`));
  const words = [...(type === "unicast" ? [] : [type]), formatCidr(destination), ...via];
  return `a route of another program in table ${table} decides: ${words.join(" ")} (protocol ${protocol})`;
}

/** Why the packet takes another route now than the options say; undefined when it does not. */
export function deviation(facts: PacketFacts): string | undefined {
  const { classification, steps, rules, table, running, packet, pools } = facts;
  const now = tableNow(facts);
  const isManaged = classification.kind === "managed";
  if (classification.kind === "blocked") return missingBlock(facts);
  const killSwitch = killSwitchRule(steps);
  if (!isManaged && killSwitch) return `${ruleText(killSwitch)} rejects it, and no rule before that excludes it`;
  if (now === (isManaged ? table : undefined)) return undefined;
  const [these, byMode] = pools ? ["settings", "when-no-gateways"] : ["flags", "-when-no-gateways"];
  if (!isManaged) return `the routes in table ${now} were made with other ${these} than these`;
  const matching = steps.find(({ rule, outcome }) => leadsTo(rule, table) && outcome !== "no-match");
  const own = matching?.rule ?? rules.find((rule) => leadsTo(rule, table) && matches(rule, packet));
  const rejected = killSwitch ? `, and ${ruleText(killSwitch)} rejects it (${byMode})` : "";
  if (!own) {
    const which = rules.some((rule) => leadsTo(rule, table)) ? "such packets into" : "into";
    return `${running ? "" : `no service runs with these ${these}, and `}no rule leads ${which} table ${table}${rejected}`;
  }
  const step = steps.find(({ rule }) => rule === own);
  if (!step) return `another rule decides before ours: ${ruleText(ruleBefore(steps, own))}`;
  switch (step.outcome) {
    case "route":
      if (isForeignInside(step, [table])) return describeForeign(step.route!, table);
      return `the route in table ${table} rejects it (${step.route!.type}), as ${byMode} says while no gateway is in use`;
    case "throw":
      return `table ${table} was made with other ${these} than these`;
    default:
      return `table ${table} has no route to it: ${running ? "no gateway is in use" : `no service runs with these ${these}`}${rejected}`;
  }
}

/** Why a packet is not rejected that should be; undefined where it is. */
function missingBlock({ steps, rules, table, running }: PacketFacts): string | undefined {
  const step = decidingStep(steps);
  const rejects = step?.outcome === "route" && isRejectType(step.route!.type) && isOurs(step.route!);
  if (rejects || killSwitchRule(steps)) return undefined;
  if (!running) return "no service runs with these flags";
  const own = rules.find((rule) => leadsTo(rule, table));
  return own && step ? `another rule decides before ours: ${ruleText(step.rule)}` : `no rule leads into table ${table}`;
}

/** Our rule that rejects the packet, if one does. */
function killSwitchRule(steps: readonly Step[]): PolicyRule | undefined {
  const step = decidingStep(steps);
  return step?.outcome === "reject" && step.rule.protocol === PROTOCOL ? step.rule : undefined;
}

/** The rule for which the look-up did not reach another one. */
function ruleBefore(steps: readonly Step[], { preference }: PolicyRule): PolicyRule {
  const jump = steps.find(({ outcome, rule: { action } }) => {
    return outcome === "jump" && action.kind === "goto" && action.preference > preference;
  });
  return (jump ?? decidingStep(steps) ?? steps.at(-1)!).rule;
}

/** Whether the kernel's own answer contradicts the look-up: then something else than rules and routes is involved. */
export function contradicts({ steps, answer }: Pick<PacketFacts, "steps" | "answer">): boolean {
  const step = decidingStep(steps);
  const isRouted = step?.outcome === "route" && !isRejectType(step.route?.type ?? "");
  if (!answer.ok) return isRouted;
  if (!isRouted || step.rule.action.kind !== "lookup") return true;
  return tableName(step.rule.action.table) !== answer.table;
}
