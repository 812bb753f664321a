import { planText } from "../../diagnose/format-plan.ts";
import { output } from "../../log/async-stdout.ts";
import { failureText } from "../../text/failure.ts";
import { type Command, complain } from "./command.ts";
import { EXIT } from "../program.ts";
import { JSON_FLAG, parseReport, lookOf } from "./printing.ts";

/** Shows what the service would change now. */
export const plan: Command = {
  name: "plan",
  help: "show what the service would change now in the kernel and at the DNS provider; nothing is changed",
  options: [JSON_FLAG],
  async run(given) {
    const parsed = await parseReport("plan", given);
    if (!parsed) return EXIT.usage;
    const { planService } = await import("../../diagnose/plan.ts"); // the service does not need it
    const { config, warnings, asJson } = parsed;
    const [pool] = config.pools;
    complain(...warnings.map(failureText));
    try {
      const planned = await planService(config);
      output.write(asJson ? `${JSON.stringify(planned, undefined, 2)}\n` : planText(planned, pool.table, lookOf()));
      return EXIT.done;
    } catch (error) {
      complain((error as Error).message);
      return EXIT.failed;
    }
  },
};
