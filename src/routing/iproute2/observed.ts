import type { Observed } from "../types.ts";
import { parseInterfaces } from "./addresses.ts";
import { parseDevices, parseUnusable } from "./gateway-paths.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { parseRoutes } from "./routes.ts";
import { parseRules } from "./rules.ts";

/**
 * Everything that is observed at once, from the lists of one `ip -batch` run in the order of `kernel.ts`: routes of the table,
 * rules, addresses, then one answer for each gateway that has a route.
 */
export function parseObserved(lists: readonly string[], gateways: readonly string[], table: number): Observed {
  const [routes = "", rules = "", addresses = "", ...answers] = lists;
  return {
    routes: parseRoutes(routes, table),
    rules: parseRules(rules),
    policies: parsePolicyRules(rules),
    ...parseInterfaces(addresses),
    unusable: parseUnusable(gateways, answers, table),
    devices: parseDevices(answers, table),
  };
}
