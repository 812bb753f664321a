import { formatCidr } from "../net/cidr.ts";
import { METRICS } from "./desired.ts";
import { type Conflict, isOurs, routeKey, ruleKey } from "./entry.ts";
import { baseOf, isKillSwitchRule } from "./kill-switch.ts";
import { bySpecificity } from "./rule-lookup.ts";
import { rulesOf, withLeftRoutes } from "./leftovers.ts";
import { planMarkers } from "./marker.ts";
import { planNexthops } from "./plan-nexthops.ts";
import { planProbes, probeConflicts } from "./plan-probes.ts";
import { byKey, leadsRight, sameRoute } from "./same-route.ts";
import { type RuleSelector, textWithoutSource } from "./selectors.ts";
import {
  type Change,
  type Desired,
  type Observed,
  type NextHop,
  type ObservedRule,
  type TableRef,
  PROTOCOL,
  type Route,
  type Rule,
} from "./types.ts";

/** What to change, in an order that is safe to stop after any step, and what must be left to its owner. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
}

/**
 * The steps from what is to what should be. Every prefix of them is safe: each destination goes where it went before
 * or where it will go in the end, never elsewhere.
 *
 *   1. rules that let new exclusions pass the kill switch: before the table throws them
 *   2. wanted routes, longest prefix first: whatever a new route would wrongly attract is already taken by a longer one. In
 *      IPv6 the nexthop objects that they use come before them (see plan-nexthops.ts)
 *   3. the rule into the table, only now that it is whole
 *   4. rejecting rules, behind it: they only see what the table lets through; old ones go when the new ones stand,
 *      or first of all where none are wanted. One goes right before a new one only where the kernel would take the new one
 *      for the same: there packets of a source fall through for the moment between two commands
 *   5. stale routes, shortest prefix first: whatever falls out of one lands on a wanted route, or nowhere. Where no rule
 *      leads into the table yet, they go before it does. Nexthop objects go after them
 *   6. what the earlier program has left and this one takes over: its rules once ours lead into the table, then its routes in
 *      other places than ours
 *   7. the rules that let pass what the table no longer throws, and an old rule into the table
 *
 * Markers that are not wanted go before all of it, and new ones come after it: see marker.ts.
 *
 * Without a wanted rule into the table everything is being taken down, and that rule goes before the routes, but after
 * new rejecting rules.
 *
 * Only entries with our protocol are touched. The exception is a key in `owned`: our route stood there in this run, so
 * another program has overwritten it, and it is restored. While a route of another program stands where a managed one
 * should, or would with a usable gateway, no rule leads into the table: the packets of all clients would take that route.
 */
export function planChanges(
  observed: Observed,
  desired: Desired,
  tableRef: TableRef,
  owned: ReadonlySet<string>,
): Plan {
  const nexthops = planNexthops(observed, desired.nexthops, owned);
  const conflicts = [...findConflicts(observed, desired, tableRef, owned), ...nexthops.conflicts];
  const barred = conflicts.some(({ bars }) => bars);
  const rules = planRules(observed, barred ? desired.rules.filter(isKillSwitchRule) : desired.rules, tableRef);
  const contested = new Set(conflicts.flatMap(({ found }) => ("table" in found ? routeKey(found) : [])));
  const lackGroup = nexthops.conflicts.length > 0;
  const free = desired.routes.filter((route) => {
    return !contested.has(routeKey(route)) && !(lackGroup && route.nexthopId !== undefined);
  });
  const wanted = planWanted(observed, free);
  const stale = planStale(observed, desired.routes);
  const leads = !barred && desired.rules.some(({ kind }) => kind === "lookup");
  const left = barred || observed.leftovers?.isHeld ? NOTHING_LEFT : planLeftovers(observed, desired.routes);
  const rejects = desired.rules.some(({ kind }) => kind === "reject");
  const swap = [...rules.add("reject"), ...(rejects ? rules.delete("reject") : [])];
  const routes = [...nexthops.make, ...wanted];
  const enter = !leads
    ? [...swap, ...rules.delete("lookup"), ...left.rules, ...routes]
    : [...routes, ...(rules.led ? [] : stale)];
  const passes = [...rules.add("nop"), ...rules.add("goto")];
  // They stand among rules of the earlier program for exclusions, some of which they skip: the table has to throw those first.
  const passesLate = observed.leftovers !== undefined && !rules.rejecting;
  const markers = planMarkers(observed, barred && desired.markers ? [] : desired.markers);
  const changes = [
    ...markers.remove,
    ...(rejects ? [] : rules.delete("reject")),
    ...(passesLate ? [] : passes),
    ...enter,
    ...(passesLate ? passes : []),
    ...rules.add("lookup"),
    ...(leads ? left.rules : []),
    ...(leads && rules.rejecting ? swap : []),
    ...(leads && !rules.led ? [] : stale),
    ...left.routes,
    ...nexthops.remove,
    ...(leads && !rules.rejecting ? swap : []),
    ...rules.delete("goto"),
    ...rules.delete("nop"),
    ...(leads ? rules.delete("lookup") : []),
    ...(desired.probes ? planProbes(observed, desired.probes, owned) : []), // what carries traffic comes first
    ...markers.add,
  ];
  const ofProbes = desired.probes ? probeConflicts(observed, desired.probes, owned) : [];
  return { changes, conflicts: [...conflicts, ...ofProbes] };
}

function findConflicts(
  { routes, leftovers }: Observed,
  desired: Desired,
  tableRef: TableRef,
  owned: ReadonlySet<string>,
): Conflict[] {
  const present = byKey(withLeftRoutes(routes, leftovers));
  const managed = desired.managed.map((destination) => {
    return { table: tableRef.table, destination, metric: METRICS[destination.address.family] };
  });
  const bars = new Set(managed.map(routeKey));
  const places = new Map([...managed, ...desired.routes].map((place) => [routeKey(place), place]));
  return [...places].flatMap(([key, { table, destination, metric }]) => {
    const found = present.get(key);
    if (!found || found.protocol === PROTOCOL || owned.has(key)) return [];
    return { entry: { object: "route", table, destination, metric } as const, found, bars: bars.has(key) };
  });
}

function planWanted({ routes, devices }: Observed, wanted: readonly Route[]): Change[] {
  const present = byKey(routes);
  const behind = byKey(routes.filter((route) => route.protocol === PROTOCOL && present.get(routeKey(route)) !== route));
  return [...wanted].sort(bySpecificity).flatMap((route): Change[] => {
    const key = routeKey(route);
    const found = present.get(key);
    const hidden = behind.get(key);
    if (!found && route.type !== "unicast") return [{ op: "add-route", route }];
    if (found && sameRoute(found, route) && leadsRight(found, devices)) return [];
    // A route cannot be replaced by one that is there already, behind it (fib_table_insert in net/ipv4/fib_trie.c).
    const clearing = hidden ? [{ op: "delete-route", route: hidden } as const] : [];
    return [...clearing, { op: "replace-route", route: withDevices(route, devices), fresh: !found }];
  });
}

/**
 * The route with the interface of each nexthop, as it was read. Otherwise the kernel would choose again when the route is
 * made, and while that interface is down it would choose any route that covers the gateway, such as `default dev ppp0`.
 */
function withDevices(route: Route, devices: Observed["devices"]): Route {
  const nexthops = route.nexthops.map((nexthop): NextHop => {
    const device = devices.get(nexthop.gateway) ?? nexthop.device;
    return device === undefined ? nexthop : { ...nexthop, device };
  });
  return { ...route, nexthops };
}

function planStale({ routes }: Observed, wanted: readonly Route[]): Change[] {
  const keys = new Set(wanted.map(routeKey));
  const stale = routes.filter((route) => route.protocol === PROTOCOL && !keys.has(routeKey(route)));
  return stale
    .sort(bySpecificity)
    .reverse()
    .map((route) => ({ op: "delete-route", route }));
}

const NOTHING_LEFT = { rules: [], routes: [] };

/** The removal of what the earlier program has left, but for its routes in places where ours replace them. */
function planLeftovers({ leftovers }: Observed, wanted: readonly Route[]) {
  if (leftovers === undefined) return NOTHING_LEFT;
  const keys = new Set(wanted.map(routeKey));
  const stale = leftovers.routes.filter((route) => !keys.has(routeKey(route)));
  return {
    rules: rulesOf(leftovers.rules).map((rule): Change => ({ op: "delete-rule", rule })),
    routes: stale.map((route): Change => ({ op: "delete-route", route })),
  };
}

function planRules({ rules }: Observed, wanted: readonly Rule[], tableRef: TableRef) {
  const ours = ownRules(rules, tableRef);
  const missing = without(wanted, ours);
  const isHidden = isHiddenBy(missing);
  const stale = without(ours, wanted);
  const of = (kind: Rule["kind"], op: "add-rule" | "delete-rule", some: readonly Rule[]): Change[] =>
    some.filter((rule) => rule.kind === kind).map((rule) => ({ op, rule }));
  const inTheWay = stale.filter(isHidden);
  const others = stale.filter((rule) => !isHidden(rule));
  return {
    /** Whether any leads into our table now. */
    led: ours.some(({ kind }) => kind === "lookup"),
    /** Whether any rejects packets now. */
    rejecting: ours.some(({ kind }) => kind === "reject"),
    add: (kind: Rule["kind"]) => [...of(kind, "delete-rule", inTheWay), ...of(kind, "add-rule", missing)],
    delete: (kind: Rule["kind"]) => of(kind, "delete-rule", others),
  };
}

function without(rules: readonly Rule[], others: readonly Rule[]): Rule[] {
  const keys = new Set(others.map(ruleKey));
  return rules.filter((rule) => !keys.has(ruleKey(rule)));
}

/** Whether a rule stands for which the kernel would take one of those that are added, so that it has to go first. */
function isHiddenBy(added: readonly Rule[]): (standing: Rule) => boolean {
  const takers = new Set(
    added.filter((rule) => selectorOf(rule)?.from === undefined).flatMap((rule) => placeOf(rule) ?? []),
  );
  return (standing) => {
    const place = selectorOf(standing)?.from && placeOf(standing);
    return place !== undefined && takers.has(place);
  };
}

/** All that the kernel compares of a rule with a selector where another one names no source. */
function placeOf(rule: Rule): string | undefined {
  const target = targetOf(rule);
  return target && `${target} ${textWithoutSource(selectorOf(rule))}`;
}

/** What a rule with a selector does, as a text to compare. */
function targetOf(rule: Rule): string | undefined {
  if (rule.kind === "lookup") return `${rule.preference} ${rule.table}`;
  return rule.kind === "reject" ? `${rule.preference} ${rule.how} ${formatCidr(rule.to)}` : undefined;
}

function selectorOf(rule: Rule): RuleSelector | undefined {
  return rule.kind === "lookup" || rule.kind === "reject" ? rule.selector : undefined;
}

/**
 * Rules with our protocol number that lead into our table, and those of the kill switch behind them or at our own preference. Where a
 * rule into another table has the same preference, the owner of the kill switch behind it is unknown, and it stays.
 */
function ownRules(rules: readonly ObservedRule[], { table, preference }: TableRef): ObservedRule[] {
  const lookups = rules.filter((rule) => rule.kind === "lookup" && isOurs(rule));
  const basesOf = (own: boolean): number[] =>
    lookups.flatMap((rule) => (rule.kind === "lookup" && (rule.table === table) === own ? rule.preference : []));
  const others = new Set(basesOf(false));
  const bases = new Set([preference, ...basesOf(true).filter((base) => !others.has(base))]);
  return rules.filter((rule) => {
    if (!isOurs(rule)) return false;
    if (rule.kind === "lookup") return rule.table === table;
    const base = isKillSwitchRule(rule) ? baseOf(rule) : undefined;
    return base !== undefined && bases.has(base);
  });
}
