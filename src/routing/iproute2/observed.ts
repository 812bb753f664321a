import { isProbeTable, probeTableIds } from "../probe-tables.ts";
import type { Observed, ObservedRoute, ProbeTables } from "../types.ts";
import { parseInterfaces } from "./addresses.ts";
import { parsePaths } from "./gateway-paths.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { parseMarked, parseRoutes } from "./routes.ts";
import { ruleOf } from "./rules.ts";

/**
 * Everything that is observed at once, from the lists of one `ip -batch` run in the order of `kernel.ts`: rules, addresses,
 * routes of the table, with probes beyond the gateways all routes that have our mark and those of each table for probes,
 * then one answer for each gateway that has a route.
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
  const shown = probes === undefined ? 0 : 1 + probeTableIds(probes, gateways.length).length;
  const policies = parsePolicyRules(rules);
  return {
    routes: parseRoutes(routes, table),
    probeRoutes: probes === undefined ? [] : parseProbeRoutes(rest.slice(0, shown), probes, gateways.length),
    rules: policies.flatMap(ruleOf),
    policies,
    ...parseInterfaces(addresses),
    ...parsePaths(gateways, rest.slice(shown), table, blocked),
  };
}

/** All routes of the tables for probes that are in use, and those with our mark in the others, which an earlier run has left. */
function parseProbeRoutes(
  [marked = "", ...lists]: readonly string[],
  probes: ProbeTables,
  gateways: number,
): ObservedRoute[] {
  const used = probeTableIds(probes, gateways);
  const left = parseMarked(marked).filter(({ table }) => isProbeTable(table, probes) && !used.includes(table));
  return [...used.flatMap((table, index) => parseRoutes(lists[index] ?? "", table)), ...left];
}
