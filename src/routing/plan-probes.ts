import { type Conflict, isOurs, routeKey, ruleKey } from "./entry.ts";
import { isProbeRule } from "./probe-tables.ts";
import { byKey, leadsRight, sameRoute } from "./same-route.ts";
import type { Change, Observed, ObservedRoute, ProbeEntries, Route, Rule } from "./types.ts";

/**
 * The steps from the rules and routes for probes that are to those that should be. After each of them, a probe goes where it
 * went before, through its gateway, or nowhere:
 *
 *   1. the rule that rejects what no table leads anywhere, and the one that lets all other packets pass; an old one of the
 *      latter goes first, or the kernel would take the new one for the same
 *   2. rules for gateways that are no longer there, before their routes, and those for answers that are no longer let in
 *   3. in each table the route that rejects, and then the one through the gateway
 *   4. the rules into the tables, only now that these are whole, those for answers last
 *   5. what is not wanted any more, the rule that rejects last
 *
 * Only entries with our protocol are touched, apart from a key in `owned`: our route stood there in this run, so another
 * program has overwritten it. No rule leads into a table with any other route of another program: a probe that takes it
 * proves nothing about the gateway.
 */
export function planProbes(
  observed: Pick<Observed, "probeRoutes" | "rules">,
  wanted: ProbeEntries,
  owned: ReadonlySet<string> = new Set(),
): Change[] {
  const { probeRoutes } = observed;
  const ours = observed.rules.filter((rule) => isOurs(rule) && isProbeRule(rule, wanted.tables.preference));
  const barred = foreignByTable(probeRoutes, owned);
  const rules = wanted.rules.filter((rule) => !("table" in rule && barred.has(rule.table)));
  const add = (kind: Rule["kind"]) => without(rules, ours, kind).map((rule): Change => ({ op: "add-rule", rule }));
  const remove = (kind: Rule["kind"]) =>
    without(ours, rules, kind).map((rule): Change => ({ op: "delete-rule", rule }));
  const keys = new Set(wanted.routes.map(routeKey));
  return [
    ...add("stray"),
    ...remove("unmarked"),
    ...add("unmarked"),
    ...remove("mark"),
    ...remove("answer"),
    ...planRoutes(probeRoutes, wanted.routes, owned),
    ...add("mark"),
    ...add("answer"),
    ...probeRoutes
      .filter((route) => isOurs(route) && !keys.has(routeKey(route)))
      .map((route): Change => ({ op: "delete-route", route })),
    ...remove("stray"),
  ];
}

/** The rules into tables that hold routes of other programs, each table with the first of these. */
export function probeConflicts(
  { probeRoutes }: Pick<Observed, "probeRoutes">,
  { rules }: ProbeEntries,
  owned: ReadonlySet<string>,
): Conflict[] {
  const foreign = foreignByTable(probeRoutes, owned);
  const firsts = new Map(rules.toReversed().flatMap((rule) => ("table" in rule ? [[rule.table, rule]] : [])));
  return [...firsts].reverse().flatMap(([table, rule]): Conflict | [] => {
    const found = foreign.get(table);
    return found === undefined ? [] : { entry: { object: "rule", rule }, found, bars: false };
  });
}

/** The first route of another program in each table, apart from those in places of ours. */
function foreignByTable(routes: readonly ObservedRoute[], owned: ReadonlySet<string>): Map<number, ObservedRoute> {
  const foreign = routes.filter((route) => !isOurs(route) && !owned.has(routeKey(route)));
  return new Map(foreign.toReversed().map((route) => [route.table, route]));
}

function planRoutes(routes: readonly ObservedRoute[], wanted: readonly Route[], owned: ReadonlySet<string>): Change[] {
  const present = byKey(routes);
  const behind = byKey(routes.filter((route) => isOurs(route) && present.get(routeKey(route)) !== route));
  return wanted.flatMap((route): Change[] => {
    const key = routeKey(route);
    const [found, hidden] = [present.get(key), behind.get(key)];
    if (found && sameRoute(found, route) && leadsRight(found, devicesOf(route))) return [];
    if (!owned.has(key)) {
      if (!found) return [{ op: "add-route", route }];
      if (!isOurs(found)) return []; // no rule leads there
    }
    // A route cannot be replaced by one that is there already, behind it (fib_table_insert in net/ipv4/fib_trie.c).
    const clearing = hidden ? [{ op: "delete-route", route: hidden } as const] : [];
    return [...clearing, { op: "replace-route", route, fresh: !found }];
  });
}

function devicesOf({ nexthops }: Route): Map<string, string> {
  return new Map(nexthops.flatMap(({ gateway, device }) => (device === undefined ? [] : [[gateway, device] as const])));
}

function without<T extends Rule>(rules: readonly T[], others: readonly Rule[], kind: Rule["kind"]): T[] {
  const keys = new Set(others.map(ruleKey));
  return rules.filter((rule) => rule.kind === kind && !keys.has(ruleKey(rule)));
}
