import { formatCidr } from "../net/cidr.ts";
import { lowestTerms } from "./slots.ts";
import {
  type Change,
  type Desired,
  type Observed,
  type ObservedRoute,
  type ObservedRule,
  type Place,
  PROTOCOL,
  type Route,
  type Rule,
} from "./types.ts";

/** A key that we want and somebody else holds. */
export interface Conflict {
  readonly key: string;
  readonly wanted: Route;
  readonly found: ObservedRoute;
}

/** What to change, in an order that is safe to stop after any step, and what must be left to its owner. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
}

/** The name of the one place in the table that a route takes. */
export function routeKey({ destination, metric }: Pick<Route, "destination" | "metric">): string {
  return `route ${formatCidr(destination)}${metric === 0 ? "" : ` metric ${metric}`}`;
}

/** The name of a rule's place. */
export function ruleKey({ preference, table }: Rule): string {
  return `rule ${preference} to table ${table}`;
}

/** The name of the place that a change touches. */
export function changeKey(change: Change): string {
  return "rule" in change ? ruleKey(change.rule) : routeKey(change.route);
}

/**
 * The steps from what is to what should be. Every prefix of them is safe: each destination goes where it went before
 * or where it will go in the end, never elsewhere.
 *
 *   1. wanted routes, longest prefix first: whatever a new route would wrongly attract is already taken by a longer one
 *   2. stale routes, shortest prefix first: whatever falls out of one lands on a wanted route, or nowhere
 *   3. rules: they lead into the table only now that it is whole; an old one goes when the new one stands
 *
 * Without a wanted rule everything is being taken down, and the rule goes first of all.
 *
 * Only entries with our protocol are touched. The exception is a key in `held`: our route stood there in this run, so
 * whoever is there now has overwritten it, and it is put back. While somebody else's route stands where a managed one
 * should, no rule leads into the table: everybody's traffic would take that route.
 */
export function planChanges(observed: Observed, desired: Desired, place: Place, held: ReadonlySet<string>): Plan {
  const conflicts = findConflicts(observed, desired.routes, held);
  const wantedRules = conflicts.some(({ wanted }) => wanted.type === "unicast") ? [] : desired.rules;
  const rules = planRules(observed, wantedRules, place);
  const contested = new Set(conflicts.map(({ key }) => key));
  const free = desired.routes.filter((route) => !contested.has(routeKey(route)));
  const routes = [...planWanted(observed, free), ...planStale(observed, desired.routes)];
  const changes =
    wantedRules.length === 0 ? [...rules.removed, ...routes] : [...routes, ...rules.added, ...rules.removed];
  return { changes, conflicts };
}

function findConflicts({ routes }: Observed, wanted: readonly Route[], held: ReadonlySet<string>): Conflict[] {
  return wanted.flatMap((route) => {
    const key = routeKey(route);
    const found = routes.find((other) => routeKey(other) === key);
    return found && found.protocol !== PROTOCOL && !held.has(key) ? { key, wanted: route, found } : [];
  });
}

function planWanted({ routes, devices }: Observed, wanted: readonly Route[]): Change[] {
  return [...wanted].sort(bySpecificity).flatMap((route): Change | [] => {
    const found = routes.find((other) => routeKey(other) === routeKey(route));
    if (!found && route.type !== "unicast") return { op: "add-route", route };
    if (found && sameRoute(found, route) && leadsRight(found, devices)) return [];
    return { op: "replace-route", route, fresh: !found };
  });
}

function planStale({ routes }: Observed, wanted: readonly Route[]): Change[] {
  const keys = new Set(wanted.map(routeKey));
  const stale = routes.filter((route) => route.protocol === PROTOCOL && !keys.has(routeKey(route)));
  return stale
    .sort(bySpecificity)
    .reverse()
    .map((route) => ({ op: "delete-route", route }));
}

function planRules({ rules }: Observed, wanted: readonly Rule[], { table }: Place) {
  const ours = rules.filter((rule) => isOurs(rule) && rule.table === table);
  const without = (from: readonly Rule[], others: readonly Rule[]): Rule[] =>
    from.filter((rule) => !others.some((other) => sameRule(other, rule)));
  return {
    added: without(wanted, ours).map((rule): Change => ({ op: "add-rule", rule })),
    removed: without(ours, wanted).map((rule): Change => ({ op: "delete-rule", rule })),
  };
}

/** The order in which the kernel prefers routes that match: longest prefix, then lowest metric. */
function bySpecificity(a: Pick<Route, "destination" | "metric">, b: typeof a): number {
  return b.destination.prefix - a.destination.prefix || a.metric - b.metric;
}

/** A rule with our mark and no selector: only that kind is ours to remove. */
export function isOurs(rule: ObservedRule): boolean {
  return rule.protocol === PROTOCOL && rule.plain;
}

function sameRule(a: Rule, b: Rule): boolean {
  return a.preference === b.preference && a.table === b.table;
}

/** Whether the kernel's route does what the wanted one does: equal shares in another notation are equal. */
function sameRoute(found: ObservedRoute, wanted: Route): boolean {
  return found.protocol === PROTOCOL && found.type === wanted.type && ring(found) === ring(wanted);
}

/**
 * Whether every nexthop leaves through the interface that leads to its gateway. The kernel fixes the interface when a
 * route is made; when an address moves to another one, the route would send into the void.
 */
function leadsRight({ nexthops }: ObservedRoute, devices: Observed["devices"]): boolean {
  return nexthops.every(({ gateway, device }) => device === undefined || (devices.get(gateway) ?? device) === device);
}

function ring({ nexthops }: Pick<Route, "nexthops">): string {
  return lowestTerms(nexthops)
    .map(({ gateway, weight }) => `${gateway}*${weight}`)
    .join(" ");
}
