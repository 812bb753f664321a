import type { GivenGateways } from "../config/members.ts";
import { formatCidr } from "../net/cidr.ts";
import type { RouteAnswer } from "../routing/iproute2/inspect.ts";
import { ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import type { Classification } from "../routing/classify.ts";
import type { Destinations } from "../routing/desired.ts";
import { leadsTo } from "../routing/diversions.ts";
import { isOurs } from "../routing/entry.ts";
import { isDecision, isRejectType, type Packet, type Step } from "../routing/rule-lookup.ts";
import { type ObservedRoute, PROTOCOL } from "../routing/types.ts";
import type { NamedGateway } from "../text/gateway.ts";
import type { ProbePaths } from "./probe-paths-to.ts";
import type { Settings } from "./settings.ts";

/** All that is known about the route of one packet. */
export interface PacketFacts {
  readonly packet: Packet;
  /** Our table. */
  readonly table: number;
  /** Those of the flags. */
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
  /** How probes get there, if it is a target of theirs: by marks, not as this packet. */
  readonly probes?: ProbePaths | undefined;
}

/** The step that decides, if one does. */
export function decidingStep(steps: readonly Step[]): Step | undefined {
  return steps.find(isDecision);
}

/** Whether the packet goes through the gateways now: by a route of ours, whatever others the table has. */
export function usesGatewaysNow({ steps, table }: Pick<PacketFacts, "steps" | "table">): boolean {
  const step = decidingStep(steps);
  return (
    step?.outcome === "route" && leadsTo(step.rule, table) && isOurs(step.route!) && step.route!.type === "unicast"
  );
}

/** Whether a step ends in our table at a route of another program. */
export function isForeignInside({ rule, route }: Step, table: number): boolean {
  return route !== undefined && leadsTo(rule, table) && !isOurs(route);
}

function describeForeign({ type, destination, protocol, nexthops }: ObservedRoute, table: number): string {
  const via = nexthops.map(({ gateway, device = "" }) => (gateway === "" ? `dev ${device}` : `via ${gateway}`));
  const words = [...(type === "unicast" ? [] : [type]), formatCidr(destination), ...via];
  return `a route of another program in table ${table} decides: ${words.join(" ")} (protocol ${protocol})`;
}

/** Why the packet takes another route now than the options say; undefined when it does not. */
export function deviation(facts: PacketFacts): string | undefined {
  const { classification, steps, rules, table, running } = facts;
  const now = usesGatewaysNow(facts);
  const isManaged = classification.kind === "managed";
  const killSwitch = killSwitchRule(steps);
  if (!isManaged && killSwitch) return `${ruleText(killSwitch)} rejects it, and no rule before that excludes it`;
  if (isManaged === now) return undefined;
  if (now) return `the routes in table ${table} were made with other flags than these`;
  const matching = steps.find(({ rule, outcome }) => leadsTo(rule, table) && outcome !== "no-match");
  const own = matching?.rule ?? rules.find((rule) => leadsTo(rule, table));
  const rejected = killSwitch ? `, and ${ruleText(killSwitch)} rejects it (-when-no-gateways)` : "";
  if (!own) {
    return `${running ? "" : "no service runs with these flags, and "}no rule leads into table ${table}${rejected}`;
  }
  const step = steps.find(({ rule }) => rule === own);
  if (!step) return `another rule decides before ours: ${ruleText(ruleBefore(steps, own))}`;
  switch (step.outcome) {
    case "route":
      if (isForeignInside(step, table)) return describeForeign(step.route!, table);
      return `the route in table ${table} rejects it (${step.route!.type}), as -when-no-gateways says while no gateway is in use`;
    case "throw":
      return `table ${table} was made with other flags than these`;
    default:
      return `table ${table} has no route to it: ${running ? "no gateway is in use" : "no service runs with these flags"}${rejected}`;
  }
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
