import type { FamilyConfig } from "../config/families.ts";
import type { Config } from "../config/model.ts";
import type { Observed } from "../routing/types.ts";
import { planPools } from "./plan-pools.ts";
import type { ProbedGateways, RoutingPlan } from "./routing-plan.ts";

/**
 * Makes the decision of each pool of a service once in each family that it routes. What comes of them is one plan for each
 * pool of the configuration, with what concerns IPv4 first.
 *
 * @param observed what was read in each of the families, for each pool that it has
 */
export function planFamilies(
  { pools }: Config,
  families: readonly FamilyConfig[],
  observed: readonly (readonly Observed[])[],
  probed: ProbedGateways,
): RoutingPlan[] {
  const parts = families.map(({ family, config }, index) => {
    return new Map(
      planPools(config, observed[index]!, probed, family).map((plan, at) => [config.pools[at]!.table, plan]),
    );
  });
  return pools.map(({ table }) => joined(parts.flatMap((part) => part.get(table) ?? [])));
}

function joined(plans: readonly RoutingPlan[]): RoutingPlan {
  return {
    gateways: plans.flatMap((plan) => plan.gateways),
    shares: plans.flatMap((plan) => plan.shares),
    changes: plans.flatMap((plan) => plan.changes),
    routes: plans.flatMap((plan) => plan.routes),
    conflicts: plans.flatMap((plan) => plan.conflicts),
    covered: plans.flatMap((plan) => plan.covered),
  };
}
