import type { FamilyConfig } from "../config/families.ts";
import type { Config, DnsNameConfig } from "../config/model.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import type { Observed } from "../routing/types.ts";
import { planPools } from "./plan-pools.ts";
import type { DdnsPlan, PlannedNames } from "./planned.ts";
import type { ProbedGateways, RoutingPlan } from "./routing-plan.ts";

/** What is planned in one family, for each pool that it has. */
export interface FamilyPlans extends FamilyConfig {
  readonly plans: readonly RoutingPlan[];
}

/**
 * Makes the decision of each pool of a service once in each family that it routes or rejects.
 *
 * @param observed what was read in each of the families, for each pool that it has
 */
export function planFamilies(
  families: readonly FamilyConfig[],
  observed: readonly (readonly Observed[])[],
  probed: ProbedGateways,
): FamilyPlans[] {
  return families.map((one, index) => {
    return { ...one, plans: planPools(one.config, observed[index]!, probed, one.family) };
  });
}

/** One plan for each pool of the whole configuration, with what concerns IPv4 first. */
export function plansOfPools({ pools }: Config, families: readonly FamilyPlans[]): RoutingPlan[] {
  const ofTable = byTable(families, ({ plans }) => plans);
  return pools.map(({ table }) => {
    const plans = ofTable(table);
    return {
      gateways: plans.flatMap((plan) => plan.gateways),
      shares: plans.flatMap((plan) => plan.shares),
      changes: plans.flatMap((plan) => plan.changes),
      routes: plans.flatMap((plan) => plan.routes),
      conflicts: plans.flatMap((plan) => plan.conflicts),
      covered: plans.flatMap((plan) => plan.covered),
    };
  });
}

/**
 * The same of DNS names: the records of both families.
 *
 * @param names what is planned in each family, for each name of each pool that it has
 */
export function namesOfPools(
  { pools }: Config,
  families: readonly FamilyConfig[],
  names: readonly (readonly (readonly DdnsPlan[])[])[],
): PlannedNames[] {
  const ofTable = byTable(families, (_, index) => names[index]!);
  return pools.map(({ table, dnsNames: configured }) => {
    const plans = ofTable(table).flat();
    const dnsNames = configured.flatMap((name) => joined(plans.filter((plan) => isOfName(plan, name))));
    return { ddns: dnsNames[0] ?? null, ...(dnsNames.length > 1 && { dnsNames }) };
  });
}

function isOfName({ hostname, provider }: DdnsPlan, { ddnsHostname, ddnsProvider }: DnsNameConfig): boolean {
  return hostname === ddnsHostname && provider === PROVIDERS[ddnsProvider].label;
}

/** The plans for the records of one name as one; none where it has records in no family. */
function joined(plans: readonly DdnsPlan[]): DdnsPlan | [] {
  const [first] = plans;
  if (first === undefined) return [];
  const remarks = [...new Set(plans.flatMap((plan) => plan.remarks))];
  return { ...first, changes: plans.flatMap((plan) => plan.changes), remarks };
}

/** What there is of the pool with a table, in each family that has it: tables tell pools apart. */
function byTable<F extends FamilyConfig, T>(
  families: readonly F[],
  valuesOf: (family: F, index: number) => readonly T[],
): (table: number) => T[] {
  const all = families.map((one, index) => {
    const values = valuesOf(one, index);
    return new Map(one.config.pools.map(({ table }, at) => [table, values[at]!]));
  });
  return (table) => all.flatMap((one) => (one.has(table) ? [one.get(table)!] : []));
}
