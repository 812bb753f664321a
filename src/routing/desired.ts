import { type Cidr, contains, distinct, formatCidr } from "../net/cidr.ts";
import { killSwitchRules } from "./kill-switch.ts";
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

/** The highest metric: a route with it is used only when no other one to its destination is left. */
export const LAST_METRIC = 4294967295;

/**
 * What the kernel should hold: the rules into the table, a `throw` for each exclusion, and the nexthops at each managed
 * destination. The longest prefix wins in the table, so a managed network that an exclusion covers is left out.
 *
 * @param connected networks of this machine's interfaces, always excluded
 * @param nexthops empty when no gateway is usable: the destinations then fall through to the next rule
 * @param reject how they are rejected instead; such a route needs no device, so it survives the loss of the nexthops
 * @param matched the packets that the rules match; those of the pool by default
 */
export function desiredState(
  destinations: Destinations,
  connected: readonly Cidr[],
  nexthops: readonly NextHop[],
  { table, preference, selectors = ALL_PACKETS }: TableRef,
  reject?: RejectType,
  matched: readonly (RuleSelector | undefined)[] = ruleSelectors(selectors),
): Desired {
  const firm = [...destinations.excluded, ...destinations.gateways, ...connected];
  const managed = distinct(destinations.managed).filter((one) => !firm.some((exclusion) => contains(exclusion, one)));
  const managedTexts = new Set(managed.map(formatCidr));
  const exclusions = distinct([...firm, ...destinations.reserved]).filter(
    (exclusion) => !managedTexts.has(formatCidr(exclusion)) && managed.some((one) => contains(one, exclusion)),
  );
  const route = (type: Route["type"], destination: Cidr, nexthops: readonly NextHop[]): Route => {
    return { family: 4, table, type, destination, metric: 0, nexthops };
  };
  const throws = exclusions.map((destination): Route => route("throw", destination, []));
  const routed = nexthops.length === 0 ? [] : managed.map((one) => route("unicast", one, nexthops));
  const rejected = reject ? managed.map((one): Route => ({ ...route(reject, one, []), metric: LAST_METRIC })) : [];
  const killSwitch = reject ? killSwitchRules(reject, preference, managed, exclusions, connected, matched) : [];
  return {
    routes: [...throws, ...routed, ...rejected],
    rules: [...matched.map((selector) => lookupRule(preference, table, selector)), ...killSwitch],
    managed,
  };
}

function lookupRule(preference: number, table: number, selector: RuleSelector | undefined): LookupRule {
  return { kind: "lookup", family: 4, preference, table, ...(selector && { selector }) };
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
