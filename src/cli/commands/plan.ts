import { intentionsText } from "../../diagnose/format-plan.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, complain } from "./command.ts";
import { EXIT } from "../program.ts";
import { JSON_FLAG, judgeReport, lookOf } from "./printing.ts";

/** Shows what the service would change now. */
export const plan: Command = {
  name: "plan",
  help: "show what the service would change now in the kernel and at the DNS provider; nothing is changed",
  options: [JSON_FLAG],
  async run(given) {
    const judged = judgeReport("plan", given);
    if (!judged) return EXIT.usage;
    const { intend } = await import("../../diagnose/plan.ts"); // which the service need not load
    const { config, warnings, asJson } = judged;
    complain(...warnings);
    try {
      const told = await intend(config.pools[0]);
      output.write(
        asJson
          ? `${JSON.stringify(told, undefined, 2)}\n`
          : intentionsText(told, config.pools[0].firstRoutingTableId, lookOf()),
      );
      return EXIT.done;
    } catch (error) {
      complain((error as Error).message);
      return EXIT.failed;
    }
  },
};
