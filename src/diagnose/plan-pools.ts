import type { Config } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import type { TargetUse } from "../routing/probe-answers.ts";
import type { Observed } from "../routing/types.ts";
import { planRouting, type ProbedGateways, type RoutingPlan } from "./routing-plan.ts";
import { probesOwner, settingsOfPool, usesBesides } from "./routing-settings.ts";

/**
 * Makes the decision of each pool of a service once, in one family. The one for the pool with the routes for probes comes last: it has
 * the rules that let answers in, which stand while any pool rejects packets to their targets.
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
  const owner = probesOwner(config);
  const planOf = (index: number, usedElsewhere?: readonly TargetUse[]): RoutingPlan =>
    planRouting({
      ...settingsOfPool(config, index, family),
      ...{ usedElsewhere, observed: observed[index]!, ...probed },
    });
  const plans = observed.map((_, index) => (index === owner ? undefined : planOf(index)));
  const usedElsewhere = usesBesides(config, (index) => plans[index]!.routes);
  return plans.map((plan, index) => plan ?? planOf(index, usedElsewhere));
}
