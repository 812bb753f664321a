import { isOurs, routeKey, ruleKey } from "./entry.ts";
import { isProbeRule } from "./probe-routes.ts";
import { leadsRight, sameRoute } from "./same-route.ts";
import type { Change, Observed, ProbeEntries, Route, Rule } from "./types.ts";

/**
 * The steps from the rules and routes for probes that are to those that should be. After each of them, a probe goes where it
 * went before, through its gateway, or nowhere:
 *
 *   1. the rule that rejects what no table leads anywhere, and the one that lets all other packets pass; an old one of the
 *      latter goes first, or the kernel would take the new one for the same
 *   2. rules for gateways that are none any more, before their routes, and those for answers that are not let in any more
 *   3. in each table the route that rejects, and then the one through the gateway
 *   4. the rules into the tables, only now that these are whole, those for answers last
 *   5. what is not wanted any more, the rule that rejects last
 *
 * Only entries with our protocol are touched, apart from a key in `owned`: our route stood there in this run, so another
 * program has overwritten it.
 */
export function planProbes(
  { probeRoutes, rules }: Pick<Observed, "probeRoutes" | "rules">,
  { tables, ...wanted }: ProbeEntries,
  owned: ReadonlySet<string> = new Set(),
): Change[] {
  const ours = rules.filter((rule) => isOurs(rule) && isProbeRule(rule, tables.preference));
  const found = new Map(probeRoutes.map((route) => [routeKey(route), route]));
  const add = (kind: Rule["kind"]) =>
    without(wanted.rules, ours, kind).map((rule): Change => ({ op: "add-rule", rule }));
  const remove = (kind: Rule["kind"]) =>
    without(ours, wanted.rules, kind).map((rule): Change => ({ op: "delete-rule", rule }));
  const keys = new Set(wanted.routes.map(routeKey));
  return [
    ...add("stray"),
    ...remove("unmarked"),
    ...add("unmarked"),
    ...remove("mark"),
    ...remove("answer"),
    ...wanted.routes.flatMap((route): Change | [] => {
      const present = found.get(routeKey(route));
      if (present && sameRoute(present, route) && leadsRight(present, devicesOf(route))) return [];
      if (!present && !owned.has(routeKey(route))) return { op: "add-route", route };
      return { op: "replace-route", route, fresh: !present };
    }),
    ...add("mark"),
    ...add("answer"),
    ...probeRoutes
      .filter((route) => !keys.has(routeKey(route)))
      .map((route): Change => ({ op: "delete-route", route })),
    ...remove("stray"),
  ];
}

function devicesOf({ nexthops }: Route): Map<string, string> {
  return new Map(nexthops.flatMap(({ gateway, device }) => (device === undefined ? [] : [[gateway, device] as const])));
}

function without<T extends Rule>(rules: readonly T[], others: readonly Rule[], kind: Rule["kind"]): T[] {
  const keys = new Set(others.map(ruleKey));
  return rules.filter((rule) => rule.kind === kind && !keys.has(ruleKey(rule)));
}
