import type { Config } from "../config/model.ts";
import type { Observed } from "../routing/types.ts";
import { planRouting, type ProbedGateways, type RoutingPlan } from "./routing-plan.ts";
import { routingSettingsOf, usesBesides } from "./routing-settings.ts";

/**
 * Makes the decision of each pool of a service once. The one for the first pool comes last: it has the rules that let
 * answers to probes in, which stand while any pool rejects packets to their targets.
 *
 * @param observed what was read for each pool
 */
export function planPools(config: Config, observed: readonly Observed[], probed: ProbedGateways): RoutingPlan[] {
  const plans = observed.map((one, index) => {
    return index === 0 ? undefined : planRouting({ ...routingSettingsOf(config, index), observed: one, ...probed });
  });
  const usedElsewhere = usesBesides(config, (index) => plans[index]!.routes);
  const first = planRouting({ ...routingSettingsOf(config), usedElsewhere, observed: observed[0]!, ...probed });
  return [first, ...plans.flatMap((plan) => plan ?? [])];
}
