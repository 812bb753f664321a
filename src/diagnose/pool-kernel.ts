import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, type PoolConfig, probeTablesOf, tableRefOf } from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import type { Family } from "../net/address.ts";
import { type Destinations, desiredState } from "../routing/desired.ts";
import {
  attractedBy,
  attractedByTable,
  followingRules,
  leadsTo,
  precedingRules,
  readDiversions,
  type RuleDiversion,
  visitIn,
} from "../routing/diversions.ts";
import type { Kernel } from "../routing/kernel.ts";
import { KILL_SWITCH_SPAN, rejectTypeOf } from "../routing/kill-switch.ts";
import { isProbeTable, PROBE_SPAN } from "../routing/probe-tables.ts";
import { MAIN_TABLE } from "../routing/tables.ts";
import type { Observed, ObservedRoute } from "../routing/types.ts";
import { lockedTables } from "../service/instance-lock.ts";
import type { Finding } from "./finding.ts";
import type { PlacedRules } from "./free-preferences.ts";
import { checkFollowingRules, checkMainRoutes } from "./overruled.ts";
import { settingWords } from "./setting-words.ts";
import { markedTables, type TableFacts } from "./table-use.ts";

/** What the kernel shows of a pool in one family. */
export interface PoolKernel {
  readonly pool: PoolConfig;
  readonly observed: Observed;
  readonly facts: TableFacts;
  readonly diversions: readonly RuleDiversion[];
  readonly overruled: readonly Finding[];
}

/** A family, what the configuration has of it, and what the kernel has. */
export interface FamilyKernel {
  readonly family: Family;
  readonly config: Config;
  /** What was read for each pool. */
  readonly observed: readonly Observed[];
  /** All routes with our mark. */
  readonly marked: readonly ObservedRoute[];
}

/**
 * The rules for probes and those of all pools, in the order in which they are asked.
 *
 * @param config with both families
 */
export function chainOf(config: Config): PlacedRules[] {
  const probes = probeTablesOf(config);
  const several = config.pools.length > 1;
  return [
    ...(probes ? [{ kind: "probes" as const, preference: probes.preference, span: PROBE_SPAN }] : []),
    ...inOrder(config.pools).map(({ name, preference, whenNoGateways }): PlacedRules => {
      const span = rejectTypeOf(whenNoGateways) === undefined ? 1 : KILL_SWITCH_SPAN;
      return { kind: "pool", preference, span, ...(several && { name }) };
    }),
  ];
}

/** Reads what else decides about the packets of each pool. */
export async function readPools(read: FamilyKernel, kernel: Kernel): Promise<PoolKernel[]> {
  const all = await tableFactsOf(read);
  return Promise.all(
    read.config.pools.map(async (pool, index): Promise<PoolKernel> => {
      const facts = all[index]!;
      const { rules, wanted, tableRef } = facts;
      const [diversions, overruled] = await Promise.all([
        readDiversions(precedingRules(rules, tableRef), wanted, tableRef, visitIn(read.family, kernel)),
        overruledFindings(facts, read.family, kernel),
      ]);
      return { pool, observed: read.observed[index]!, facts, diversions, overruled };
    }),
  );
}

/** The destinations of a pool, none of which are gateways of any pool. */
export function destinationsIn(config: Config, pool: PoolConfig): Destinations {
  return destinationsOf(pool, addressesOf(config));
}

async function tableFactsOf({ config, observed, marked, family }: FamilyKernel): Promise<TableFacts[]> {
  const { pools } = config;
  const rules = observed[0]!.policies;
  const probes = probeTablesOf(config);
  const own = pools.map(({ table }) => table);
  const isOwn = (table: number): boolean => own.includes(table) || (!!probes && isProbeTable(table, probes));
  const routes = [...observed.flatMap((one) => one.routes), ...marked.filter(({ table }) => !isOwn(table))];
  const managedTables = await lockedTables([...own, ...markedTables({ rules, routes })]);
  return pools.map((pool, index): TableFacts => {
    const tableRef = tableRefOf(pool);
    const nexthops = [{ gateway: "any", weight: 1 }]; // also of a pool that rejects: others must not take its packets
    const rejectType = rejectTypeOf(pool.whenNoGateways);
    const destinations = destinationsIn(config, pool);
    const { connected } = observed[index]!;
    const { routes: wanted } = desiredState(destinations, connected, nexthops, tableRef, rejectType, family);
    return {
      ...{ rules, routes, tableRef, killSwitch: rejectType !== undefined, managedTables, wanted },
      otherTables: own.filter((table) => table !== tableRef.table),
      words: settingWords(config.service),
    };
  });
}

/** Rules of other programs behind ours, and routes of the main table, that no longer decide about packets to managed destinations. */
async function overruledFindings(facts: TableFacts, family: Family, kernel: Kernel): Promise<Finding[]> {
  const visitRoutes = visitIn(family, kernel);
  const { rules, wanted, tableRef, words } = facts;
  const following = followingRules(rules, tableRef);
  const mainComesFirst = precedingRules(rules, tableRef).some((rule) => {
    return leadsTo(rule, MAIN_TABLE) && rule.selector === "";
  });
  return [
    ...checkFollowingRules(await attractedBy(following, wanted, tableRef, visitRoutes), tableRef),
    ...(mainComesFirst
      ? []
      : checkMainRoutes(await attractedByTable(MAIN_TABLE, 0, wanted, visitRoutes), tableRef, words, family)),
  ];
}
