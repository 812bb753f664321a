import { type Cidr, contains, formatCidr } from "../net/cidr.ts";
import { type PolicyRule, ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import { isSuppressed, type TableRoute } from "../routing/rule-lookup.ts";
import { LOCAL_TABLE, MAIN_TABLE } from "../routing/tables.ts";
import { PROTOCOL, type Route } from "../routing/types.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { managedNetworks, usesGateways } from "./managed.ts";
import { leadsTo, type TableFacts } from "./table-use.ts";

/** Rules of other programs before ours, and whether they match packets that should go through the gateways. */
export function checkPrecedingRules({ tableRef: { preference }, rules, routes, wanted }: TableFacts): Finding[] {
  const topic = "preceding rules";
  const preceding = rules.filter(
    (rule) => rule.preference < preference && rule.protocol !== PROTOCOL && !leadsTo(rule, LOCAL_TABLE),
  );
  const findings = preceding.flatMap((rule) => {
    const lost = networksLostTo(rule, preference, routes, wanted);
    if (lost.length === 0) return [];
    const all =
      rule.selector === "" && managedNetworks(wanted).every((one) => lost.some((other) => contains(other, one)));
    const remedy = `set -first-rule-preference below ${rule.preference}, or give that rule a preference above ${preference}`;
    const what = `${ruleText(rule)}: ${all ? "no packet reaches the gateways" : lossText(rule, lost)}`;
    const why =
      rule.action.kind === "lookup"
        ? `, since table ${tableName(rule.action.table)} has a route ${all ? "for each" : "there"}`
        : "";
    return all
      ? failure(topic, `${what}${why}`, remedy)
      : warning(topic, `${what}${why}`, `if this is not intended, ${remedy}`);
  });
  if (findings.length > 0) return findings;
  if (preceding.length === 0) return [fine(topic, "no rule of another program comes before ours")];
  return [fine(topic, `match no packet that should go through the gateways (${preceding.map(ruleText).join("; ")})`)];
}

function lossText({ selector }: PolicyRule, lost: readonly Cidr[]): string {
  const shown = lost.slice(0, 3).map((one) => (one.prefix === 0 ? "any address" : formatCidr(one)));
  const where = `${shown.join(", ")}${lost.length > shown.length ? ", ..." : ""}`;
  return `no packet ${selector === "" ? "" : "that it selects "}to ${where} reaches the gateways`;
}

/** The networks whose packets a rule keeps from the gateways, of those that should go through them. */
function networksLostTo(
  { action }: PolicyRule,
  preference: number,
  routes: readonly TableRoute[],
  wanted: readonly Route[],
): Cidr[] {
  switch (action.kind) {
    case "pass":
    case "l3mdev":
      return [];
    case "reject":
      return managedNetworks(wanted);
    case "goto":
      return action.preference > preference ? managedNetworks(wanted) : [];
    case "lookup":
      return routes
        .filter((route) => (route.table ?? MAIN_TABLE) === action.table && route.type !== "throw")
        .filter((route) => !isSuppressed(route, action.suppress))
        .map(({ destination }) => destination)
        .filter((destination) => usesGateways(destination, wanted));
  }
}
