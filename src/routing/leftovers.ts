import { type Cidr, formatCidr } from "../net/cidr.ts";
import { leadsTo, type VisitRoutes } from "./diversions.ts";
import { isOurs, routeKey, ruleKey } from "./entry.ts";
import type { PolicyRule } from "./policy-rule.ts";
import {
  type GotoRule,
  type LeftRules,
  type Leftovers,
  type LookupRule,
  type Observed,
  type ObservedRoute,
  type ObservedRule,
  PROTOCOL,
} from "./types.ts";

/*
 * What the earlier program makes of the table T and the preference P, with N excluded networks, none of it marked:
 *
 *   P        from all to <network> goto P+N+1      one for each excluded network
 *   ...
 *   P+N      from all lookup T                     with one multipath route for each managed destination
 *   P+N+1    from all lookup T+1                   an empty table: the look-up goes on in the normal ones
 *
 * A stop removes the rules and may leave the routes; a kill leaves all of it. A run that was killed while it made or removed
 * the rules leaves some, and so does one with fewer exclusions than the one before.
 */

/** Where the earlier program would have had its rules and routes, had it had the settings of a pool. */
export interface LeftoversPlace {
  readonly table: number;
  readonly preference: number;
  readonly gateways: readonly string[];
  readonly managed: readonly Cidr[];
}

type Found<R> = R & { readonly protocol: number };

const NO_RULES: LeftRules = { enter: [], exclude: [], leave: [] };

/** RTPROT_UNSPEC and RTPROT_BOOT of linux/rtnetlink.h: what entries have that are made without a protocol. */
const UNMARKED: readonly number[] = [0, 3];
const BOOT = 3;

/** Finds what the earlier program has left in IPv4; undefined where there is nothing. */
export async function findLeftovers(
  observed: Pick<Observed, "policies" | "rules" | "routes">,
  place: LeftoversPlace,
  visitRoutes: VisitRoutes,
): Promise<Leftovers | undefined> {
  const rules = hasRules(leftRules(observed, place)) && (await isEmpty(place.table + 1, visitRoutes));
  return leftoversIn(observed, place, rules);
}

/** @param isNextEmpty whether the table behind that of the gateways has no route */
function leftoversIn(
  observed: Pick<Observed, "policies" | "rules" | "routes">,
  place: LeftoversPlace,
  isNextEmpty: boolean,
): Leftovers | undefined {
  const rules = isNextEmpty ? leftRules(observed, place) : NO_RULES;
  const routes = leftRoutes(observed, place, hasRules(rules));
  return hasRules(rules) || routes.length > 0 ? { rules, routes } : undefined;
}

async function isEmpty(table: number, visitRoutes: VisitRoutes): Promise<boolean> {
  let count = 0;
  await visitRoutes(table, () => void count++);
  return count === 0;
}

function hasRules(rules: LeftRules): boolean {
  return rulesOf(rules).length > 0;
}

/** All rules of it, in an order in which they can be removed: what leads to others goes before them. */
export function rulesOf({ enter, exclude, leave }: LeftRules): readonly ObservedRule[] {
  return [...enter, ...exclude, ...leave];
}

function leftRules({ policies, rules }: Pick<Observed, "policies" | "rules">, place: LeftoversPlace): LeftRules {
  const lookups = rules.flatMap((rule) => (rule.kind === "lookup" && isLeft(rule) && !rule.selector ? rule : []));
  const jumps = rules.flatMap((rule) => (rule.kind === "goto" && isLeft(rule) ? rule : []));
  const sets = lookups
    .filter(({ table }) => table === place.table + 1)
    .map((leave) => setBefore(leave, lookups, jumps, place));
  const isClear = removableAmong(policies);
  const all = sets.filter(({ enter, exclude, leave }) => {
    return (
      (exclude.length > 0 || enter.some(({ preference }) => preference === place.preference)) && leave.every(isClear)
    );
  });
  return {
    enter: all.flatMap(({ enter }) => enter.filter(isClear)),
    exclude: all.flatMap(({ exclude }) => exclude.filter(isClear)),
    leave: all.flatMap(({ leave }) => leave),
  };
}

function isLeft({ family, protocol }: ObservedRule): boolean {
  return family === 4 && UNMARKED.includes(protocol);
}

/** The rules that belong to one into the empty table. */
function setBefore(
  leave: Found<LookupRule>,
  lookups: readonly Found<LookupRule>[],
  jumps: readonly Found<GotoRule>[],
  place: LeftoversPlace,
): LeftRules {
  const last = leave.preference - 1;
  const enter = lookups.filter((rule) => rule.preference === last && rule.table === place.table);
  const byPreference = Map.groupBy(
    jumps.filter(({ target, preference }) => target === leave.preference && preference < last),
    ({ preference }) => preference,
  );
  // It makes one of each preference, without a gap.
  const exclude = rowOf(byPreference, last, enter.length > 0, place.preference).filter((some) => some.length === 1);
  return { enter, exclude: exclude.flat(), leave: [leave] };
}

/** The row that ends right before the rule into the table, or else the one that a run has begun which was killed meanwhile. */
function rowOf<R>(byPreference: ReadonlyMap<number, R[]>, end: number, isWhole: boolean, begin: number): R[][] {
  const row: R[][] = [];
  for (let at = end - 1; byPreference.has(at); at--) row.unshift(byPreference.get(at)!);
  if (row.length > 0 || isWhole) return row;
  for (let at = begin; byPreference.has(at); at++) row.push(byPreference.get(at)!);
  return row;
}

/**
 * Whether the removal of a rule takes that one: the kernel removes the first with that preference that does the same, whatever
 * packets it is for (fib_nl_delrule in net/core/fib_rules.c).
 */
function removableAmong(policies: readonly PolicyRule[]): (rule: LeftRule) => boolean {
  return (rule) => {
    const first = policies.find((one) => !isOurs(one) && doesSame(one, rule));
    return first !== undefined && isPlain(first);
  };
}

type LeftRule = Found<LookupRule | GotoRule>;

function doesSame({ preference, action }: PolicyRule, rule: LookupRule | GotoRule): boolean {
  if (preference !== rule.preference) return false;
  return rule.kind === "lookup"
    ? action.kind === "lookup" && action.table === rule.table
    : action.kind === "goto" && action.preference === rule.target;
}

/** Whether a rule selects packets by their destination at most, as those of the earlier program do. */
function isPlain({ json: { not, ...json } }: PolicyRule): boolean {
  const others = [json.iif, json.oif, json.fwmark, json.tos, json.uid_start, json.ipproto, json.sport, json.dport];
  return json.src === "all" && not === undefined && others.every((one) => one === undefined);
}

/**
 * Its routes: multipath ones with equal shares and no metric. Beside its rules those to managed destinations and to all; without
 * them only those that say what ours would, and only where no rule leads to them.
 */
function leftRoutes(
  { policies, routes }: Pick<Observed, "policies" | "routes">,
  place: LeftoversPlace,
  hasRules: boolean,
) {
  const managed = new Set(place.managed.map(formatCidr));
  const isUsed = policies.some((rule) => !isOurs(rule) && leadsTo(rule, place.table));
  if (!hasRules && isUsed) return [];
  return routes.filter((route) => {
    const { destination, nexthops } = route;
    if (!isPlainMultipath(route)) return false;
    if (managed.has(formatCidr(destination)))
      return hasRules || nexthops.every(({ gateway }) => place.gateways.includes(gateway));
    return hasRules && destination.prefix === 0;
  });
}

function isPlainMultipath({ family, type, protocol, metric, nexthops, nexthopId }: ObservedRoute): boolean {
  const gateways = new Set(nexthops.map(({ gateway }) => gateway));
  const isShared = nexthops.every(({ gateway, weight }) => gateway !== "" && weight === 1);
  const isPlain = family === 4 && type === "unicast" && metric === 0 && nexthopId === undefined;
  return isPlain && protocol === BOOT && isShared && nexthops.length > 0 && gateways.size === nexthops.length;
}

/** What is still there of leftovers; undefined where nothing is. */
export function stillThere(
  { rules, routes }: Leftovers,
  observed: Pick<Observed, "rules" | "routes">,
): Leftovers | undefined {
  const ruleTexts = new Set(observed.rules.map((rule) => `${rule.protocol} ${ruleKey(rule)}`));
  const routeTexts = new Set(observed.routes.map((route) => `${route.protocol} ${routeKey(route)}`));
  const isThere = (rule: ObservedRule): boolean => ruleTexts.has(`${rule.protocol} ${ruleKey(rule)}`);
  const left = {
    rules: {
      enter: rules.enter.filter(isThere),
      exclude: rules.exclude.filter(isThere),
      leave: rules.leave.filter(isThere),
    },
    routes: routes.filter((route) => routeTexts.has(`${route.protocol} ${routeKey(route)}`)),
  };
  return hasRules(left.rules) || left.routes.length > 0 ? left : undefined;
}

/** What is observed besides leftovers: the entries of all other programs, and ours. */
export function withoutLeftovers<O extends Pick<Observed, "policies" | "rules" | "routes">>(
  observed: O,
  leftovers: Leftovers | undefined,
): O {
  if (leftovers === undefined) return observed;
  const left: readonly LeftRule[] = [...leftovers.rules.enter, ...leftovers.rules.exclude, ...leftovers.rules.leave];
  const isLeftPolicy = (one: PolicyRule): boolean =>
    !isOurs(one) && isPlain(one) && left.some((rule) => doesSame(one, rule));
  return {
    ...observed,
    policies: observed.policies.filter((one) => !isLeftPolicy(one)),
    rules: observed.rules.filter(
      (rule) => !left.some((one) => one.protocol === rule.protocol && ruleKey(one) === ruleKey(rule)),
    ),
    routes: observed.routes.filter((route) => !leftovers.routes.includes(route)),
  };
}

/** Routes as if those of the leftovers were ours: what they share out goes on as it is. */
export function withLeftRoutes(
  routes: readonly ObservedRoute[],
  leftovers: Leftovers | undefined,
): readonly ObservedRoute[] {
  if (leftovers === undefined) return routes;
  const left = new Set(leftovers.routes.map(routeKey));
  return routes.map((route) => (left.has(routeKey(route)) ? { ...route, protocol: PROTOCOL } : route));
}
