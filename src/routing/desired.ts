import type { Family } from "../net/address.ts";
import { type Cidr, contains, distinct, formatCidr } from "../net/cidr.ts";
import { killSwitchRules } from "./kill-switch.ts";
import { groupIdOf } from "./nexthop-ids.ts";
import { ALL_PACKETS, type RuleSelector, ruleSelectors } from "./selectors.ts";
import type { Desired, LookupRule, NextHop, TableRef, RejectType, Route } from "./types.ts";

/** Which destinations are routed through the gateways, and which are not. */
export interface Destinations {
  /** Networks to route through the gateways. */
  readonly managed: readonly Cidr[];
  /** Networks that keep using the normal tables, as configured. */
  readonly excluded: readonly Cidr[];
  /** Networks excluded by default. A managed network inside one of these was named on purpose, and is managed. */
  readonly reserved: readonly Cidr[];
  /** Networks that hold exactly the gateways: a probe must never travel through another gateway. */
  readonly gateways: readonly Cidr[];
}

/** The kernel without any entry of ours: what a clean stop leaves. */
export const NOTHING: Desired = { routes: [], rules: [], managed: [] };

/** The metric of our routes: what the kernel makes of none, which in IPv6 is not 0 (IP6_RT_PRIO_USER). */
export const METRICS: Readonly<Record<Family, number>> = { 4: 0, 6: 1024 };

/**
 * A metric that is higher than all others: a route with it is used only when no other one to its destination is left. The
 * highest of IPv6 is that of the kernel's own route that rejects, which `ip route flush` leaves alone.
 */
export const LAST_METRICS: Readonly<Record<Family, number>> = { 4: 4294967295, 6: 4294967294 };

/**
 * What the kernel should hold: the rules into the table, a `throw` for each exclusion, and the nexthops at each managed
 * destination. The longest prefix wins in the table, so a managed network that an exclusion covers is left out.
 *
 * @param connected networks of this machine's interfaces, always excluded
 * @param nexthops empty when no gateway is usable: the destinations then fall through to the next rule. In IPv6 the routes
 *   have no nexthops, but name the group of the table
 * @param reject how they are rejected instead; such a route needs no device, so it survives the loss of the nexthops
 * @param matched the packets that the rules match; those of the pool by default
 */
export function desiredState(
  destinations: Destinations,
  connected: readonly Cidr[],
  nexthops: readonly NextHop[],
  { table, preference, selectors = ALL_PACKETS }: TableRef,
  reject?: RejectType,
  family: Family = 4,
  matched: readonly (RuleSelector | undefined)[] = ruleSelectors(selectors),
): Desired {
  const firm = [...destinations.excluded, ...destinations.gateways, ...connected];
  const managed = distinct(destinations.managed).filter((one) => !firm.some((exclusion) => contains(exclusion, one)));
  const managedTexts = new Set(managed.map(formatCidr));
  const exclusions = distinct([...firm, ...destinations.reserved]).filter(
    (exclusion) => !managedTexts.has(formatCidr(exclusion)) && managed.some((one) => contains(one, exclusion)),
  );
  const route = (type: Route["type"], destination: Cidr, nexthops: readonly NextHop[]): Route => {
    return { family, table, type, destination, metric: METRICS[family], nexthops };
  };
  const via = family === 4 ? { nexthops } : { nexthops: [], nexthopId: groupIdOf(table) };
  const throws = exclusions.map((destination): Route => route("throw", destination, []));
  const routed = nexthops.length === 0 ? [] : managed.map((one) => ({ ...route("unicast", one, []), ...via }));
  const rejected = reject
    ? managed.map((one): Route => ({ ...route(reject, one, []), metric: LAST_METRICS[family] }))
    : [];
  const killSwitch = reject ? killSwitchRules(reject, preference, managed, exclusions, connected, matched, family) : [];
  return {
    routes: [...throws, ...routed, ...rejected],
    rules: [...matched.map((selector) => lookupRule(family, preference, table, selector)), ...killSwitch],
    managed,
  };
}

function lookupRule(family: Family, preference: number, table: number, selector: RuleSelector | undefined): LookupRule {
  return { kind: "lookup", family, preference, table, ...(selector && { selector }) };
}

/** Managed destinations that are left out because a network of this machine covers them. */
export function coveredByConnected(
  { managed }: Destinations,
  connected: readonly Cidr[],
): { readonly destination: Cidr; readonly by: Cidr }[] {
  return managed.flatMap((destination) => {
    const by = connected.find((network) => contains(network, destination));
    return by ? { destination, by } : [];
  });
}
