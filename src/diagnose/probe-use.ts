import { FLAG_NAMES, type SettingNames } from "../config/setting-name.ts";
import { formatCidr } from "../net/cidr.ts";
import { leadsTo } from "../routing/diversions.ts";
import { isOurs } from "../routing/entry.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import { markOf, PROBE_MASK, PROBE_SPAN, probeTableOf } from "../routing/probe-tables.ts";
import { hex } from "../text/hex.ts";
import type { ObservedRoute, ProbeTables } from "../routing/types.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** Where the rules and routes for probes should be, and what is there. */
export interface ProbeUseFacts {
  readonly tables: ProbeTables;
  /** How many gateways there are. */
  readonly gateways: number;
  /** Whether a running instance has these preferences. */
  readonly running: boolean;
  readonly rules: readonly PolicyRule[];
  /** The routes of the tables of these gateways, and of the one for answers. */
  readonly routes: readonly ObservedRoute[];
}

/** Whether preferences, tables and marks of the probes are free, or used by this program alone. */
export function checkProbeUse(facts: ProbeUseFacts, names = FLAG_NAMES): Finding[] {
  return [...checkPreferences(facts, names), ...checkTables(facts, names), ...checkMarks(facts, names)];
}

function checkPreferences(
  { tables: { preference }, rules, running }: ProbeUseFacts,
  { nameOf }: SettingNames,
): Finding[] {
  const end = preference + PROBE_SPAN - 1;
  const topic = `rules ${preference} to ${end}`;
  const here = rules.filter((rule) => rule.preference >= preference && rule.preference <= end);
  const foreign = here.filter((rule) => !isOurs(rule));
  if (foreign.length === 0) return [fine(topic, ownerOf("rules", here.length, running))];
  return foreign.map((rule) => {
    const effect =
      rule.preference < end - 1 ? "the rules for probes lead packets past it" : "it is among those for probes";
    const text = `a rule of another program has one of these preferences: ${ruleText(rule)}; ${effect}`;
    return warning(topic, text, `choose a ${nameOf("probeRulePreference")} that no other program uses`);
  });
}

function checkTables({ tables, gateways, rules, routes, running }: ProbeUseFacts, { nameOf }: SettingNames): Finding[] {
  const numbers = Array.from({ length: gateways }, (_, index) => probeTableOf(tables, index));
  const topic = numbers.length === 1 ? `table ${numbers[0]}` : `tables ${numbers[0]} to ${numbers.at(-1)}`;
  const remedy = `choose a ${nameOf("firstProbeTableId")} that no other program uses`;
  const findings = [
    ...routes.filter((route) => !isOurs(route)).map((route) => foreignRoute(route, topic, `remove it, or ${remedy}`)),
    ...rules
      .filter((rule) => !isOurs(rule) && numbers.some((table) => leadsTo(rule, table)))
      .map((rule) => warning(topic, `a rule of another program leads there as well: ${ruleText(rule)}`, remedy)),
  ];
  return findings.length > 0 ? findings : [fine(topic, ownerOf("routes", routes.length, running))];
}

function foreignRoute(route: ObservedRoute, topic: string, remedy: string): Finding {
  const { type, table, destination, protocol } = route;
  const text = `another program's ${type} route to ${formatCidr(destination)} (protocol ${protocol}) is in table ${table}`;
  return failure(topic, `${text}; no rule leads probes there while it is there, so they go nowhere`, remedy);
}

/** Rules of other programs that are for our marks, or that take packets with one of them before our rules are asked. */
function checkMarks({ tables, gateways, rules }: ProbeUseFacts, { nameOf }: SettingNames): Finding[] {
  const topic = `mark ${hex(tables.mark)}`;
  const marks = Array.from({ length: gateways }, (_, index) => markOf(tables, index));
  const used = rules.filter((rule) => {
    const isFirst = rule.preference < tables.preference && marks.some((mark) => isFor(rule, mark));
    return !isOurs(rule) && (isFirst || isOfOurs(rule, tables));
  });
  if (used.length === 0) return [fine(topic, "no rule of another program is for the marks of probes")];
  const remedy = `choose a ${nameOf("probeMark")} that no other program uses`;
  return used.map((rule) => warning(topic, `a rule of another program is for these marks: ${ruleText(rule)}`, remedy));
}

/** Whether a rule selects packets by a mark, and this one is among those. */
function isFor({ json }: PolicyRule, mark: number): boolean {
  if (json.fwmark === undefined || "not" in json) return false;
  const mask = Number(json.fwmask ?? 0xffffffff);
  return Number(json.fwmark) === (mark & mask) >>> 0;
}

/** Whether the mark of a rule is one that our probes may have. */
function isOfOurs({ json }: PolicyRule, { mark }: ProbeTables): boolean {
  const mask = Number(json.fwmask ?? 0xffffffff);
  return json.fwmark !== undefined && (mask & PROBE_MASK) >>> 0 === PROBE_MASK && sameProbes(Number(json.fwmark), mark);
}

function sameProbes(one: number, other: number): boolean {
  return (one & PROBE_MASK) === (other & PROBE_MASK);
}

function ownerOf(what: "rules" | "routes", count: number, running: boolean): string {
  if (count === 0) return "free";
  return running
    ? `hold the ${what} for probes of the running instance`
    : `hold the ${what} for probes of a run that was killed; the next start takes them over`;
}

/** Rules for probes at other preferences than those of this pool. */
export function otherProbes(base: number, running: boolean): Finding {
  const owner = running ? "another running instance" : "a run that was killed; the next start removes them";
  return fine(`rules ${base} to ${base + PROBE_SPAN - 1}`, `hold the rules for probes of ${owner}`);
}
