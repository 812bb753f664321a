import { formatCidr } from "../../net/cidr.ts";
import { hex } from "../../text/hex.ts";
import { selectorWords } from "../selectors.ts";
import { type Change, type NextHop, type ObservedRoute, PROTOCOL, type Route, type Rule } from "../types.ts";

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
      return ["route", "del", change.route.type, ...keyWords(change.route)];
    case "add-rule":
      return ["rule", "add", ...ruleWords(change.rule)];
    case "delete-rule":
      return ["rule", "del", ...ruleWords(change.rule)];
  }
}

function routeWords(route: Route): string[] {
  return [...keyWords(route), ...route.nexthops.flatMap(nextHopWords)];
}

function typeWords({ type }: Route): string[] {
  return type === "unicast" ? [] : [type];
}

function keyWords({ table, destination, metric }: Route | ObservedRoute): string[] {
  const text = destination.prefix === 0 ? "default" : formatCidr(destination);
  const cost = metric === 0 ? [] : ["metric", String(metric)];
  return [text, "table", String(table), "proto", String(PROTOCOL), ...cost];
}

function nextHopWords({ gateway, weight, device }: NextHop): string[] {
  const link = device === undefined || UNSAFE.test(device) ? [] : ["dev", device];
  return ["nexthop", "via", gateway, ...link, ...(weight === 1 ? [] : ["weight", String(weight)])];
}

/** What ends or joins the words of a batch line (getcmdline and makeargs in lib/utils.c); a name may contain it. */
const UNSAFE = /["'#\\]/;

/**
 * Everything in which our rules differ: `ip rule del` deletes the first rule that matches what is named, whatever else that
 * rule says (fib_nl_delrule in net/core/fib_rules.c).
 */
function ruleWords(rule: Rule): string[] {
  const not = rule.kind === "unmarked" ? ["not"] : [];
  return [
    "pref",
    String(rule.preference),
    ...not,
    ...packetWords(rule),
    ...actionWords(rule),
    "protocol",
    String(PROTOCOL),
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
