import type { Config } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import type { Observed } from "../routing/types.ts";
import { planRouting, type ProbedGateways, type RoutingPlan } from "./routing-plan.ts";
import { routingSettingsOf, usesBesides } from "./routing-settings.ts";

/**
 * Makes the decision of each pool of a service once, in one family. The one for the first pool comes last: it has the rules that let
 * answers to probes in, which stand while any pool rejects packets to their targets.
 *
 * @param config as the family has it
 * @param observed what was read for each pool
 */
export function planPools(
  config: Config,
  observed: readonly Observed[],
  probed: ProbedGateways,
  family: Family = 4,
): RoutingPlan[] {
  const plans = observed.map((one, index) => {
    return index === 0
      ? undefined
      : planRouting({ ...routingSettingsOf(config, index, family), observed: one, ...probed });
  });
  const usedElsewhere = usesBesides(config, (index) => plans[index]!.routes);
  const first = planRouting({
    ...routingSettingsOf(config, 0, family),
    usedElsewhere,
    observed: observed[0]!,
    ...probed,
  });
  return [first, ...plans.flatMap((plan) => plan ?? [])];
}
