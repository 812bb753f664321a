import { familyOf } from "../../net/address.ts";
import { formatCidr } from "../../net/cidr.ts";
import { hex } from "../../text/hex.ts";
import type { RunFamily } from "./run.ts";
import { selectorWords } from "../selectors.ts";
import {
  type Change,
  type NextHop,
  type NexthopObject,
  type ObservedRoute,
  PROTOCOL,
  type Route,
  type Rule,
} from "../types.ts";

/** The arguments of one `ip` command. */
export type Args = readonly string[];

/** The `ip` command that makes a change. */
export function commandOf(change: Change): Args {
  switch (change.op) {
    case "add-route":
      return ["route", "add", ...typeWords(change.route), ...routeWords(change.route)];
    case "replace-route":
      return ["route", "replace", ...typeWords(change.route), ...routeWords(change.route)];
    case "delete-route":
      // Without its type, the first route of any type at that destination would go.
      return ["route", "del", kernelType(change.route), ...keyWords(change.route, change.route.protocol)];
    case "replace-nexthop":
      return ["nexthop", "replace", "id", String(change.nexthop.id), ...objectWords(change.nexthop)];
    case "delete-nexthop":
      return ["nexthop", "del", "id", String(change.nexthop.id)];
    case "add-rule":
      return ["rule", "add", ...ruleWords(change.rule)];
    case "delete-rule":
      return ["rule", "del", ...ruleWords(change.rule, "protocol" in change.rule ? change.rule.protocol : PROTOCOL)];
  }
}

function routeWords(route: Route): string[] {
  const object = route.nexthopId === undefined ? [] : ["nhid", String(route.nexthopId)];
  const hops = route.type === "on-link" ? linkWords(route.nexthops[0]!.device) : route.nexthops.flatMap(nextHopWords);
  return [...keyWords(route), ...object, ...hops];
}

function typeWords(route: Route): string[] {
  const type = kernelType(route);
  return type === "unicast" ? [] : [type];
}

function kernelType({ type }: Route | ObservedRoute): string {
  return type === "on-link" ? "unicast" : type;
}

function keyWords({ table, destination, metric }: Route | ObservedRoute, protocol = PROTOCOL): string[] {
  const isDefault = destination.prefix === 0 && destination.address.family === 4; // `default` alone is of IPv4
  const text = isDefault ? "default" : formatCidr(destination);
  const cost = metric === 0 ? [] : ["metric", String(metric)];
  return [text, "table", String(table), "proto", String(protocol), ...cost];
}

function nextHopWords({ gateway, weight, device }: NextHop): string[] {
  const link = familyOf(gateway) === 4 ? ["via", gateway, ...linkWords(device)] : onlinkWords(gateway, device);
  return ["nexthop", ...link, ...(weight === 1 ? [] : ["weight", String(weight)])];
}

function linkWords(device: string | undefined): string[] {
  return device === undefined || UNSAFE.test(device) ? [] : ["dev", device];
}

/**
 * `onlink` spares the kernel's look-up of the gateway, which would find the routes of our tables: it is known already that
 * the interface leads there.
 */
function onlinkWords(gateway: string, device: string | undefined): string[] {
  const [address, zone] = gateway.split("%") as [string, string?];
  const link = linkWords(device ?? zone);
  return ["via", address, ...link, ...(link.length === 0 ? [] : ["onlink"])];
}

/** What a nexthop object is. */
function objectWords(nexthop: NexthopObject): string[] {
  const protocol = ["proto", String(PROTOCOL)];
  if (nexthop.kind === "group") return ["group", nexthop.members.join("/"), ...protocol];
  return [...onlinkWords(nexthop.gateway, nexthop.device), ...protocol];
}

/** What ends or joins the words of a batch line (getcmdline and makeargs in lib/utils.c); a name may contain it. */
const UNSAFE = /["'#\\]/;

/**
 * Everything in which our rules differ: `ip rule del` deletes the first rule that matches what is named, whatever else that
 * rule says (fib_nl_delrule in net/core/fib_rules.c).
 */
function ruleWords(rule: Rule, protocol = PROTOCOL): string[] {
  const not = rule.kind === "unmarked" ? ["not"] : [];
  return [
    "pref",
    String(rule.preference),
    ...not,
    ...packetWords(rule),
    ...actionWords(rule),
    "protocol",
    String(protocol),
  ];
}

function packetWords(rule: Rule): string[] {
  if (rule.kind === "answer") return ["from", formatCidr(rule.from)];
  return selectorWords(rule.kind === "lookup" || rule.kind === "reject" ? rule.selector : undefined);
}

function actionWords(rule: Rule): string[] {
  switch (rule.kind) {
    case "lookup":
      return ["lookup", String(rule.table)];
    case "goto":
      return ["to", formatCidr(rule.to), "goto", String(rule.target)];
    case "reject":
      return ["to", formatCidr(rule.to), rule.how];
    case "nop":
      return ["nop"];
    case "mark":
      return ["fwmark", `${hex(rule.mark)}/${hex(rule.mask)}`, "lookup", String(rule.table)];
    case "unmarked":
      return ["fwmark", `${hex(rule.mark)}/${hex(rule.mask)}`, "goto", String(rule.target)];
    case "stray":
      return ["fwmark", `${hex(rule.mark)}/${hex(rule.mask)}`, "unreachable"];
    case "answer":
      return ["to", formatCidr(rule.to), "iif", "lo", "lookup", String(rule.table)];
  }
}

/** The families with which a command can be run. */
function familiesOf(change: Change): readonly RunFamily[] {
  if ("nexthop" in change) return change.nexthop.kind === "group" ? ["both"] : ["both", 6]; // a group has no family
  const { family } = "rule" in change ? change.rule : change.route;
  if (family === 4) return [4, "both"];
  return "rule" in change ? [6] : ["both", 6]; // with no family, a rule is one of IPv4, whatever it is from
}

/** Changes that one run of `ip` can make. */
export interface FamilyRun {
  readonly family: RunFamily;
  readonly changes: readonly Change[];
}

/** Groups changes into runs by their families, without changing their order. IPv4 alone is run as such. */
export function splitByFamily(changes: readonly Change[]): FamilyRun[] {
  const runs: { families: readonly RunFamily[]; changes: Change[] }[] = [];
  for (const change of changes) {
    const last = runs.at(-1);
    const own = familiesOf(change);
    const common = last ? last.families.filter((family) => own.includes(family)) : [];
    if (last && common.length > 0) {
      last.families = common;
      last.changes.push(change);
    } else runs.push({ families: own, changes: [change] });
  }
  return runs.map(({ families: [family], changes: some }) => ({ family: family!, changes: some }));
}

/** The command of a change, as a person would run it. */
export function commandText(change: Change): string {
  const [family] = familiesOf(change);
  return ["ip", ...(family === 6 ? ["-6"] : []), ...commandOf(change)].join(" ");
}

/** The commands of one run of `ip`: lines of a batch, or a single one that is too long for a line. */
export type Run =
  { readonly kind: "batch"; readonly commands: readonly Args[] } | { readonly kind: "single"; readonly command: Args };

/**
 * Groups commands into runs without changing their order.
 *
 * @param mostWords longest line, in words, that the batch parser of this `ip` accepts; it accepts any number of arguments
 */
export function groupRuns(commands: readonly Args[], mostWords: number): Run[] {
  const runs: (Run & { commands?: Args[] })[] = [];
  for (const command of commands) {
    const last = runs.at(-1);
    if (command.length > mostWords) runs.push({ kind: "single", command });
    else if (last?.kind === "batch") last.commands.push(command);
    else runs.push({ kind: "batch", commands: [command] });
  }
  return runs;
}

/** The text of a batch, one command a line. */
export function batchText(commands: readonly Args[]): string {
  return commands.map((words) => `${words.join(" ")}\n`).join("");
}
