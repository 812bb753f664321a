import { type Cidr, formatCidr } from "../net/cidr.ts";
import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";
import { type PolicyRule, ruleText } from "../routing/iproute2/policy-rules.ts";
import { type TableRef, PROTOCOL, type Route } from "../routing/types.ts";
import type { TableRoute } from "../routing/rule-lookup.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** What is known of the place in the kernel that the service wants, and of its neighbours. */
export interface PlaceFacts {
  readonly place: TableRef;
  /** Whether rules that refuse follow the one that leads into the table. */
  readonly guarded: boolean;
  /** Tables that running instances manage. */
  readonly managedTables: ReadonlySet<number>;
  /** Rules in the order in which the kernel asks them. */
  readonly rules: readonly PolicyRule[];
  /** Routes of all tables. */
  readonly routes: readonly TableRoute[];
  /** What the service would put into its table if every gateway was healthy. */
  readonly wanted: readonly Route[];
}

/** Whether an instance runs, and whether table and preference are free or our own. */
export function judgePlace(facts: PlaceFacts): Finding[] {
  return [judgeInstance(facts), ...judgeTable(facts), ...judgePreference(facts), ...judgeLeftovers(facts)];
}

function judgeInstance({ managedTables, place: { table } }: PlaceFacts): Finding {
  return fine(
    "instance",
    managedTables.has(table) ? `one runs and manages table ${table}` : "none runs with this table",
  );
}

function judgeTable({ place: { table }, managedTables, routes, rules, wanted }: PlaceFacts): Finding[] {
  const topic = `table ${table}`;
  const remedy = "choose a -first-routing-table-id that nobody uses";
  const inside = routes.filter((route) => route.table === table);
  const foreign = inside.filter(({ protocol }) => protocol !== PROTOCOL);
  const rivals = rules.filter((rule) => !isOurs(rule) && leadsTo(rule, table));
  const findings = [
    ...foreign.map((route) => judgeForeign(route, topic, `remove it, or ${remedy}`, wanted)),
    ...rivals.map((rule) => warning(topic, `somebody else's rule leads there as well: ${ruleText(rule)}`, remedy)),
  ];
  if (findings.length > 0) return findings;
  if (inside.length === 0) return [fine(topic, "free")];
  const owner = managedTables.has(table)
    ? "the running instance"
    : "a run that was killed; the next start takes them over";
  return [fine(topic, `holds ${inside.length} routes of ${owner}`)];
}

function judgeForeign(route: TableRoute, topic: string, remedy: string, wanted: readonly Route[]): Finding {
  const { type, destination, protocol, metric } = route;
  const text = `somebody else's ${type} route to ${formatCidr(destination)} (protocol ${protocol}) is in there`;
  const contested = wanted.some((one) => {
    return one.type === "unicast" && formatCidr(one.destination) === formatCidr(destination) && one.metric === metric;
  });
  return contested
    ? failure(topic, `${text}, in the place of a managed one; the service adds no rule while it is there`, remedy)
    : warning(topic, `${text}, and takes packets that the service does not know of`, remedy);
}

function judgePreference({ place: { table, preference }, guarded, managedTables, rules }: PlaceFacts): Finding[] {
  const last = preference + (guarded ? KILL_SWITCH_SPAN - 1 : 0);
  const topic = guarded ? `rules ${preference} to ${last}` : `rule ${preference}`;
  const remedy = "choose a -first-rule-preference that nobody uses";
  const here = rules.filter((rule) => rule.preference >= preference && rule.preference <= last);
  const isOwn = (rule: PolicyRule): boolean =>
    isOurs(rule) && (rule.preference === preference ? leadsTo(rule, table) : rule.action.kind !== "lookup");
  const foreign = here.filter((rule) => !isOwn(rule));
  if (foreign.length > 0) {
    return foreign.map((rule) => {
      const { action } = rule;
      return guarded && isOurs(rule) && action.kind === "lookup" && managedTables.has(action.table)
        ? failure(topic, `a running instance has one of these preferences: ${ruleText(rule)}`, remedy)
        : warning(
            topic,
            `somebody else's rule has this preference: ${ruleText(rule)}; the one that was added first is asked first`,
            remedy,
          );
    });
  }
  const owner = managedTables.has(table)
    ? "the running instance"
    : `a run that was killed; the next start takes ${guarded ? "them" : "it"} over`;
  return [fine(topic, here.length === 0 ? "free" : `${guarded ? "are those" : "is that"} of ${owner}`)];
}

function judgeLeftovers({ place, managedTables, rules, routes }: PlaceFacts): Finding[] {
  const others = markedTables({ rules, routes }).filter((table) => table !== place.table);
  return others.map((table) => {
    const owner = managedTables.has(table)
      ? "another instance, which runs"
      : "a run that was killed; the next start removes them";
    return fine(`table ${table}`, `holds entries of ${owner}`);
  });
}

/** Managed destinations that a network of this machine covers, which is always kept out. */
export function judgeCovered(covered: readonly { readonly destination: Cidr; readonly by: Cidr }[]): Finding[] {
  return covered.map(({ destination, by }) =>
    warning(
      "routes",
      `-route ${formatCidr(destination)} is left out: ${formatCidr(by)} is a network of this machine`,
      "take that -route away",
    ),
  );
}

/** Tables of entries with our mark, each once. */
export function markedTables({ rules, routes }: Pick<PlaceFacts, "rules" | "routes">): number[] {
  const ofRoutes = routes.filter(({ protocol }) => protocol === PROTOCOL).map(({ table }) => table);
  const ofRules = rules.filter(isOurs).map(({ action }) => (action.kind === "lookup" ? action.table : undefined));
  return [...new Set([...ofRoutes, ...ofRules])].filter((table) => table !== undefined);
}

function isOurs({ protocol }: PolicyRule): boolean {
  return protocol === PROTOCOL;
}

function leadsTo({ action }: PolicyRule, table: number): boolean {
  return action.kind === "lookup" && action.table === table;
}
