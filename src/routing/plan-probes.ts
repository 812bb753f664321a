import { isOurs, routeKey, ruleKey } from "./entry.ts";
import { isProbeRule } from "./probe-routes.ts";
import { leadsRight, sameRoute } from "./same-route.ts";
import type { Change, Observed, ProbeEntries, Rule } from "./types.ts";

/**
 * The steps from the rules and routes for probes that are to those that should be. After each of them, a probe goes through
 * its gateway or nowhere:
 *
 *   1. rules for gateways that are none any more, before their routes
 *   2. the rule that lets all other packets pass, and the one that it leads to
 *   3. in each table the route that rejects, and then the one through the gateway
 *   4. the rules into the tables, only now that these are whole
 *   5. what is not wanted any more
 */
export function planProbes({ probeRoutes, rules, devices }: Observed, { tables, ...wanted }: ProbeEntries): Change[] {
  const ours = rules.filter((rule) => isOurs(rule) && isProbeRule(rule, tables.preference));
  const found = new Map(probeRoutes.map((route) => [routeKey(route), route]));
  const missing = without(wanted.rules, ours).map((rule): Change => ({ op: "add-rule", rule }));
  const stale = without(ours, wanted.rules).map((rule): Change => ({ op: "delete-rule", rule }));
  const keys = new Set(wanted.routes.map(routeKey));
  return [
    ...stale.filter(isAboutMark),
    ...missing.filter((change) => !isAboutMark(change)),
    ...wanted.routes.flatMap((route): Change | [] => {
      const present = found.get(routeKey(route));
      if (present && sameRoute(present, route) && leadsRight(present, devices)) return [];
      return { op: "replace-route", route, fresh: !present };
    }),
    ...missing.filter(isAboutMark),
    ...probeRoutes
      .filter((route) => !keys.has(routeKey(route)))
      .map((route): Change => ({ op: "delete-route", route })),
    ...stale.filter((change) => !isAboutMark(change)),
  ];
}

function without<T extends Rule>(rules: readonly T[], others: readonly Rule[]): T[] {
  const keys = new Set(others.map(ruleKey));
  return rules.filter((rule) => !keys.has(ruleKey(rule)));
}

function isAboutMark(change: Change): boolean {
  return "rule" in change && change.rule.kind === "mark";
}
