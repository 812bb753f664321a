import { isProbeTable } from "../probe-routes.ts";
import type { Observed, ProbeTables } from "../types.ts";
import { parseInterfaces } from "./addresses.ts";
import { parsePaths } from "./gateway-paths.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { parseMarked, parseRoutes } from "./routes.ts";
import { ruleOf } from "./rules.ts";

/**
 * Everything that is observed at once, from the lists of one `ip -batch` run in the order of `kernel.ts`: rules, addresses,
 * routes of the table, with probes beyond the gateways all routes that have our mark, then one answer for each gateway that
 * has a route.
 *
 * @param blocked gateways whose look-up was rejected
 */
export function parseObserved(
  lists: readonly string[],
  gateways: readonly string[],
  table: number,
  probes?: ProbeTables,
  blocked: readonly string[] = [],
): Observed {
  const [rules = "", addresses = "", routes = "", ...rest] = lists;
  const [marked, answers] = probes === undefined ? ["", rest] : [rest[0] ?? "", rest.slice(1)];
  const policies = parsePolicyRules(rules);
  return {
    routes: parseRoutes(routes, table),
    probeRoutes: parseMarked(marked).filter((route) => probes !== undefined && isProbeTable(route.table, probes)),
    rules: policies.flatMap(ruleOf),
    policies,
    ...parseInterfaces(addresses),
    ...parsePaths(gateways, answers, table, blocked),
  };
}
