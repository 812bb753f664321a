import { formatCidr } from "../net/cidr.ts";
import type { RulesAndRoutes } from "../routing/iproute2/inspect.ts";
import { leadsTo } from "../routing/diversions.ts";
import { isOurs } from "../routing/entry.ts";
import { foreignRoutes } from "../routing/foreign-routes.ts";
import { foreignEffect, namedNetworks } from "../log/describe.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";
import { type ObservedRoute, PROTOCOL, type Route, type TableRef } from "../routing/types.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { type Covered, coveredText } from "./managed.ts";
import { FLAG_WORDS, type SettingWords } from "./setting-words.ts";

/** Table and preferences that the service wants, and what is in the kernel. */
export interface TableFacts extends RulesAndRoutes {
  readonly tableRef: TableRef;
  /** Whether rules that reject packets follow the one that leads into the table. */
  readonly killSwitch: boolean;
  /** Tables that running instances manage. */
  readonly managedTables: ReadonlySet<number>;
  /** The routes of the service if every gateway was healthy. */
  readonly wanted: readonly Route[];
  /** The tables of other pools of this service; none by default. */
  readonly otherTables?: readonly number[];
  /** How the settings are given; by flags by default. */
  readonly words?: SettingWords;
}

/** Whether an instance runs, and whether table and preferences are free or used by this program alone. */
export function checkTableUse(facts: TableFacts): Finding[] {
  return [checkInstance(facts), ...checkTable(facts), ...checkPreferences(facts), ...checkOrphans(facts)];
}

function checkInstance({ managedTables, tableRef: { table } }: TableFacts): Finding {
  return fine("instance", `${managedTables.has(table) ? "an" : "no"} instance runs that manages table ${table}`);
}

function checkTable(facts: TableFacts): Finding[] {
  const { managedTables, routes, rules, words = FLAG_WORDS } = facts;
  const { table } = facts.tableRef;
  const topic = `table ${table}`;
  const remedy = `choose a ${words.table} that no other program uses`;
  const inside = routes.filter((route) => route.table === table);
  const foreignRules = rules.filter((rule) => !isOurs(rule) && leadsTo(rule, table));
  const findings = [
    ...checkForeignRoutes(inside, topic, `remove it, or ${remedy}`, facts),
    ...foreignRules.map((rule) =>
      warning(topic, `a rule of another program leads there as well: ${ruleText(rule)}`, remedy),
    ),
  ];
  if (findings.length > 0) return findings;
  if (inside.length === 0) return [fine(topic, "free")];
  const owner = managedTables.has(table)
    ? "the running instance"
    : "a run that was killed; the next start takes them over";
  return [fine(topic, `holds ${inside.length} ${inside.length === 1 ? "route" : "routes"} of ${owner}`)];
}

/** Routes of other programs in our table, judged beside those that the service has there while it runs. */
function checkForeignRoutes(
  inside: readonly ObservedRoute[],
  topic: string,
  remedy: string,
  { wanted, killSwitch }: TableFacts,
): Finding[] {
  const foreign = inside.filter(({ protocol }) => protocol !== PROTOCOL);
  const takenBeside = (ours: readonly Route[]) => {
    const all = [...foreign, ...ours.map((route) => ({ ...route, protocol: PROTOCOL }))];
    return new Map(foreignRoutes(all, wanted).map((diversion) => [diversion.route, diversion]));
  };
  const always = takenBeside(wanted);
  const otherwise = takenBeside(wanted.filter(({ type }) => type !== "unicast"));
  return foreign.map((route) => {
    const { type, destination, protocol, metric } = route;
    const text = `another program's ${type} route to ${formatCidr(destination)} (protocol ${protocol}) is in there`;
    const isContested = wanted.some((one) => {
      return one.type === "unicast" && formatCidr(one.destination) === formatCidr(destination) && one.metric === metric;
    });
    if (isContested) {
      return failure(
        topic,
        `${text}, in the place of a managed one; the service adds no rule while it is there`,
        remedy,
      );
    }
    const [taken, spare] = [always.get(route), otherwise.get(route)];
    const report = killSwitch && type === "unicast" ? failure : warning;
    if (taken) return report(topic, `${text}: packets to ${namedNetworks(taken)} ${foreignEffect(route)}`, remedy);
    if (spare) {
      return report(topic, `${text}: packets to ${namedNetworks(spare)} use it while no gateway is usable`, remedy);
    }
    return warning(topic, `${text}, and attracts packets that the service does not manage`, remedy);
  });
}

function checkPreferences(facts: TableFacts): Finding[] {
  const { tableRef, killSwitch, managedTables, rules, words = FLAG_WORDS } = facts;
  const { table, preference } = tableRef;
  const last = preference + (killSwitch ? KILL_SWITCH_SPAN - 1 : 0);
  const topic = killSwitch ? `rules ${preference} to ${last}` : `rule ${preference}`;
  const remedy = `choose a ${words.preference} that no other program uses`;
  const here = rules.filter((rule) => rule.preference >= preference && rule.preference <= last);
  const isOwn = (rule: PolicyRule): boolean =>
    isOurs(rule) && (rule.preference === preference ? leadsTo(rule, table) : rule.action.kind !== "lookup");
  const foreign = here.filter((rule) => !isOwn(rule));
  if (foreign.length > 0) {
    return foreign.map((rule) => {
      const { action } = rule;
      return killSwitch && isOurs(rule) && action.kind === "lookup" && managedTables.has(action.table)
        ? failure(topic, `a running instance has one of these preferences: ${ruleText(rule)}`, remedy)
        : warning(
            topic,
            `a rule of another program has this preference: ${ruleText(rule)}; the kernel evaluates the older one first`,
            remedy,
          );
    });
  }
  if (here.length === 0) return [fine(topic, "free")];
  const [verb, object] = killSwitch ? ["are those", "them"] : ["is that", "it"];
  return [
    managedTables.has(table)
      ? fine(topic, `${verb} of the running instance`)
      : fine(topic, `${verb} of a run that was killed; the next start takes ${object} over`),
  ];
}

/** Entries of this program in other tables. */
function checkOrphans({ tableRef, otherTables = [], managedTables, rules, routes }: TableFacts): Finding[] {
  const own = [tableRef.table, ...otherTables];
  const others = markedTables({ rules, routes }).filter((table) => !own.includes(table));
  return others.map((table) => {
    const owner = managedTables.has(table)
      ? "another running instance"
      : "a run that was killed; the next start removes them";
    return fine(`table ${table}`, `holds entries of ${owner}`);
  });
}

/** Managed destinations that a network of this machine covers, which is always excluded. */
export function checkCovered(covered: readonly Covered[], words = FLAG_WORDS): Finding[] {
  return covered.map((one) => warning("routes", coveredText(one, words), words.removeRoute));
}

/** Tables of entries with our mark, each once, apart from those for probes beyond gateways. */
export function markedTables({ rules, routes }: RulesAndRoutes): number[] {
  const tableOf = ({ action }: PolicyRule): number[] => (action.kind === "lookup" ? [action.table] : []);
  const [ofProbes, others] = [true, false].map((isForMark) =>
    rules.filter((rule) => isOurs(rule) && (rule.json.fwmark !== undefined) === isForMark).flatMap(tableOf),
  );
  const ofRoutes = routes.filter(({ protocol }) => protocol === PROTOCOL).map(({ table }) => table);
  return [...new Set([...ofRoutes, ...others!]).difference(new Set(ofProbes))];
}
