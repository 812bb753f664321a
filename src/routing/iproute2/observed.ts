import type { Observed } from "../types.ts";
import { parseInterfaces } from "./addresses.ts";
import { parsePaths } from "./gateway-paths.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { parseRoutes } from "./routes.ts";
import { ruleOf } from "./rules.ts";

/**
 * Everything that is observed at once, from the lists of one `ip -batch` run in the order of `kernel.ts`: routes of the table,
 * rules, addresses, then one answer for each gateway that has a route.
 *
 * @param blocked gateways whose look-up was rejected
 */
export function parseObserved(
  lists: readonly string[],
  gateways: readonly string[],
  table: number,
  blocked: readonly string[] = [],
): Observed {
  const [routes = "", rules = "", addresses = "", ...answers] = lists;
  const policies = parsePolicyRules(rules);
  return {
    routes: parseRoutes(routes, table),
    rules: policies.flatMap(ruleOf),
    policies,
    ...parseInterfaces(addresses),
    ...parsePaths(gateways, answers, table, blocked),
  };
}
