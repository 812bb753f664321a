import type { Config } from "../../config/model.ts";
import { planText } from "../../diagnose/format-plan.ts";
import { poolsPlanText } from "../../diagnose/format-pools-plan.ts";
import { planOfPool, type ServicePlan } from "../../diagnose/planned.ts";
import { output } from "../../log/async-stdout.ts";
import { failureText } from "../../text/failure.ts";
import { type Command, complain } from "./command.ts";
import { EXIT } from "../program.ts";
import { POOL_FLAG, readPool } from "./pool-option.ts";
import { JSON_FLAG, parseReport, lookOf } from "./printing.ts";

/** Shows what the service would change now. */
export const plan: Command = {
  name: "plan",
  help: "show what the service would change now in the kernel and at the DNS provider; nothing is changed",
  options: [POOL_FLAG, JSON_FLAG],
  async run(given) {
    const parsed = await parseReport("plan", given);
    if (!parsed) return EXIT.usage;
    const { config, warnings, running, asJson } = parsed;
    const pool = readPool(config, given);
    if (!pool) return EXIT.usage;
    const { planService } = await import("../../diagnose/plan.ts"); // the service does not need it
    complain(...warnings.map(failureText));
    try {
      const whole = await planService(config, running);
      const planned = pool.only === undefined ? whole : planOfPool(whole, pool.only);
      output.write(asJson ? `${JSON.stringify(planned, undefined, 2)}\n` : textOf(planned, config));
      return EXIT.done;
    } catch (error) {
      complain((error as Error).message);
      return EXIT.failed;
    }
  },
};

function textOf(planned: ServicePlan, { pools: [pool] }: Config): string {
  return planned.pools ? poolsPlanText(planned, lookOf()) : planText(planned, pool.table, lookOf());
}
