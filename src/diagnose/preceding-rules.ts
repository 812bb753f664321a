import { type Cidr, contains, formatCidr } from "../net/cidr.ts";
import { type PolicyRule, ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import { PROTOCOL, type Route } from "../routing/types.ts";
import { isSuppressed, MAIN_TABLE, type TableRoute } from "../routing/rule-lookup.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { managedNetworks, takesGateways } from "./managed.ts";
import type { PlaceFacts } from "./place.ts";

/** The kernel's table of this machine's own addresses, which has to be asked before all others. */
const LOCAL_TABLE = 255;

/** Rules of others that are asked before ours, and whether they take packets that the gateways should have. */
export function judgeEarlier({ place: { preference }, rules, routes, wanted }: PlaceFacts): Finding[] {
  const topic = "earlier rules";
  const earlier = rules.filter(
    ({ preference: other, protocol, action }) =>
      other < preference && protocol !== PROTOCOL && !(action.kind === "lookup" && action.table === LOCAL_TABLE),
  );
  const findings = earlier.flatMap((rule) => {
    const taken = takenBy(rule, preference, routes, wanted);
    if (taken.length === 0) return [];
    const all =
      rule.selector === "" && managedNetworks(wanted).every((one) => taken.some((other) => contains(other, one)));
    const remedy = `give -first-rule-preference a value below ${rule.preference}, or that rule one above ${preference}`;
    const what = `${ruleText(rule)}: ${all ? "no packet gets to the gateways" : lossText(rule, taken)}`;
    const why = rule.action.kind === "lookup" ? `, since table ${tableName(rule.action.table)} has a way there` : "";
    return all
      ? failure(topic, `${what}${why}`, remedy)
      : warning(topic, `${what}${why}`, `if that is not meant so, ${remedy}`);
  });
  if (findings.length > 0) return findings;
  if (earlier.length === 0) return [fine(topic, "nobody's rule is asked before ours")];
  return [fine(topic, `take no packet that the gateways should have (${earlier.map(ruleText).join("; ")})`)];
}

function lossText({ selector }: PolicyRule, taken: readonly Cidr[]): string {
  const shown = taken.slice(0, 3).map((one) => (one.prefix === 0 ? "anywhere" : formatCidr(one)));
  const where = `${shown.join(", ")}${taken.length > shown.length ? ", ..." : ""}`;
  return `packets ${selector === "" ? "" : "that it selects "}to ${where} do not get to the gateways`;
}

/** The networks whose packets a rule takes, of those that the gateways should have. */
function takenBy(
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
        .filter((destination) => takesGateways(destination, wanted));
  }
}
