import { formatCidr } from "../net/cidr.ts";
import { rulesOf } from "./leftovers.ts";
import type { PolicyRule } from "./policy-rule.ts";
import type { GotoRule, Leftovers, LookupRule, ObservedRoute } from "./types.ts";

/** How much there is, for messages. */
export function leftoversText({ rules, routes }: Leftovers): string {
  const counted = (count: number, what: string): string[] =>
    count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`];
  return [...counted(rulesOf(rules).length, "rule"), ...counted(routes.length, "route")].join(" and ");
}

/** The commands that remove it by hand: the rules that lead to others first, then the routes. */
export function leftoversRemoval({ rules, routes }: Leftovers, policies: readonly PolicyRule[]): string {
  const { enter, exclude, leave } = rules;
  const lookup = ({ preference, table }: LookupRule): string => `ip rule del pref ${preference} lookup ${table}`;
  const route = ({ destination, table }: ObservedRoute): string =>
    `ip route del ${destination.prefix === 0 ? "default" : formatCidr(destination)} table ${table} proto boot`;
  return [...enter.map(lookup), ...jumpRemovals(exclude, policies), ...leave.map(lookup), ...routes.map(route)].join(
    "; ",
  );
}

/** One loop where each preference from the first to the last has a single rule, which is one of these. */
function jumpRemovals(jumps: readonly GotoRule[], policies: readonly PolicyRule[]): string[] {
  const preferences = jumps.map(({ preference }) => preference).sort((a, b) => a - b);
  const [first = 0, last = 0] = [preferences[0], preferences.at(-1)];
  const between = policies.filter(({ preference }) => preference >= first && preference <= last);
  if (jumps.length > 1 && last - first === jumps.length - 1 && between.length === jumps.length) {
    return [`for p in $(seq ${first} ${last}); do ip rule del pref $p; done`];
  }
  return jumps.map(
    ({ preference, to, target }) => `ip rule del pref ${preference} to ${formatCidr(to)} goto ${target}`,
  );
}
