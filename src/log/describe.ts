import { formatAddress } from "../net/address.ts";
import { formatCidr } from "../net/cidr.ts";
import type { Attracted } from "../routing/attraction.ts";
import { METRICS } from "../routing/desired.ts";
import type { Diversion } from "../routing/diversions.ts";
import type { Conflict, Entry } from "../routing/entry.ts";
import { ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import { type RuleSelector, selectorText } from "../routing/selectors.ts";
import { MAIN_TABLE } from "../routing/tables.ts";
import type { ObservedRoute, Rule, SkippedLink } from "../routing/types.ts";
import { list } from "../text/list.ts";

/* Sentences about routes and rules that logs, hooks and status share. */

/** An entry of the kernel, such as `route 0.0.0.0/0` or `rule 10888 to table 180`. */
export function describeEntry(entry: Entry): string {
  switch (entry.object) {
    case "route": {
      const metric = metricText(entry);
      const where = entry.forProbes ? ` for probes through table ${entry.table}` : "";
      return `route ${formatCidr(entry.destination)}${metric}${where}`;
    }
    case "rule":
      return describeRule(entry.rule);
    case "nexthops":
      return `nexthop objects of table ${entry.table}`;
    case "kill-switch":
      return "kill switch";
  }
}

/** The metric of a route, where it is not what the kernel makes of none. */
function metricText({ destination, metric }: Pick<ObservedRoute, "destination" | "metric">): string {
  return metric === METRICS[destination.address.family] ? "" : ` metric ${metric}`;
}

/** The lists of rules of both families have the same preferences. */
function describeRule(rule: Rule): string {
  return `${rule.family === 6 ? "IPv6 " : ""}${ruleWords(rule)}`;
}

function ruleWords(rule: Rule): string {
  switch (rule.kind) {
    case "lookup":
      return `rule ${rule.preference}${packetsOf(rule)} to table ${rule.table}`;
    case "goto":
      return `rule ${rule.preference} goto ${rule.target} for ${formatCidr(rule.to)}`;
    case "reject":
      return `rule ${rule.preference}${packetsOf(rule)} ${rule.how} for ${formatCidr(rule.to)}`;
    case "nop":
      return `rule ${rule.preference} nop`;
    case "mark":
      return rule.table === MAIN_TABLE
        ? `rule ${rule.preference} for requests past all gateways`
        : `rule ${rule.preference} for probes through table ${rule.table}`;
    case "unmarked":
      return `rule ${rule.preference} for packets that are no probes`;
    case "stray":
      return `rule ${rule.preference} unreachable for probes without a route`;
    case "answer":
      return `rule ${rule.preference} for answers to probes from ${formatAddress(rule.to.address)}`;
  }
}

/** The packets that a rule is for, where it is not for all. */
function packetsOf({ selector }: { readonly selector?: RuleSelector }): string {
  return selector === undefined ? "" : ` ${selectorText(selector)}`;
}

/** @param most how many entries are named at most */
export function describeRepair(entries: readonly Entry[], most: number): string {
  const verb = entries.length === 1 ? "was" : "were";
  return `${listEntries(entries, most)} ${verb} removed or altered by another program; restored`;
}

/** @param most how many entries are named at most */
export function describeFight(entries: readonly Entry[], most: number): string {
  return `another program keeps undoing ${listEntries(entries, most)}`;
}

/** @param found what another program has in the place of the entry, or in the table of a rule */
export function describeConflict(entry: Entry, found: Conflict["found"]): string {
  if (!("destination" in found)) {
    return `cannot set ${describeEntry(entry)}: another program has nexthop object ${found.id} (protocol ${found.protocol})`;
  }
  const { type, protocol, nexthops, destination } = found;
  const via = nexthops.map(({ gateway }) => gateway || "a device").join(", ");
  const route = `a ${type} route of protocol ${protocol}${via && ` via ${via}`}`;
  const where = entry.object === "rule" ? `to ${formatCidr(destination)} in that table` : "there";
  return `cannot set ${describeEntry(entry)}: another program has ${route} ${where}`;
}

/** A rule of another program before ours, as `ip rule` shows it, or a route of one in our table. */
export function diverterText(diversion: Diversion): string {
  return "rule" in diversion ? ruleText(diversion.rule) : routeText(diversion.route);
}

function routeText(route: ObservedRoute): string {
  const { type, destination, nexthops, table } = route;
  const hops = nexthops.map(({ gateway, device }) => {
    return `${gateway ? ` via ${gateway}` : ""}${device === undefined ? "" : ` dev ${device}`}`;
  });
  const kind = type === "unicast" ? "" : `${type} `;
  return `route ${kind}${formatCidr(destination)}${hops.join(",")}${metricText(route)} in table ${table}`;
}

/** A rule or route of another program, and which packets it keeps from the gateways. */
export function describeDiversion(diversion: Diversion): string {
  if (!("rule" in diversion)) {
    const effect = foreignEffect(diversion.route);
    return `${diverterText(diversion)}: packets to ${namedNetworks(diversion)} ${effect}`;
  }
  const { rule, extent } = diversion;
  const table = rule.action.kind === "lookup" ? tableName(rule.action.table) : undefined;
  const why =
    table === undefined
      ? ""
      : `, since table ${table} has ${diversion.everything ? "a route for each" : "a route there"}`;
  if (extent === "all") return `${ruleText(rule)}: no packet reaches the gateways${why}`;
  const which = `${rule.selector === "" ? "" : "that it selects "}to ${namedNetworks(diversion)}`;
  if (extent === "bypass") return `${ruleText(rule)}: packets ${which} bypass the gateways`;
  return `${ruleText(rule)}: no packet ${which} reaches the gateways${why}`;
}

/** What packets do for which the kernel prefers a route of another program to ours. */
export function foreignEffect({ type }: ObservedRoute): string {
  return type === "unicast" ? "use it instead of the gateways, also while none is usable" : "do not reach the gateways";
}

/** The first networks of some, by name. */
export function namedNetworks({ networks, more }: Pick<Attracted, "networks" | "more">): string {
  const shown = networks.slice(0, 3).map((one) => (one.prefix === 0 ? "any address" : formatCidr(one)));
  return `${shown.join(", ")}${networks.length + more > shown.length ? ", ..." : ""}`;
}

/** An interface that could not be read: what that means, and what to do. @param exclude what excludes networks */
export function describeSkippedLink(
  { name, unreadable }: SkippedLink,
  exclude = "-exclude-cidr",
): {
  readonly detail: string;
  readonly remedy: string;
} {
  if (unreadable === undefined) {
    return {
      detail: `interface ${name} has control characters in its name: a loss of its carrier is not noticed`,
      remedy: "rename it (ip link set NAME name NEWNAME)",
    };
  }
  return {
    detail: `interface ${name || "without a name"} is left out: ${unreadable}; its networks are not excluded`,
    remedy: `install another release of iproute2; until then, exclude them with ${exclude}`,
  };
}

function listEntries(entries: readonly Entry[], most: number): string {
  return list(entries.map(describeEntry), most);
}
