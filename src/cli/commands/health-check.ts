import { askHealth } from "../../http/health-client.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, EXIT, judge } from "./command.ts";

/** Asks the service that runs with these flags whether it is well. */
export const healthCheck: Command = {
  name: "healthcheck",
  help: "ask the running service; status 0 is well",
  async run(given) {
    const judged = judge(given, { environment: process.env, readFile: () => undefined, partial: true });
    if (!judged) return EXIT.usage;
    const { ok, why } = await askHealth(judged.config.service.metricsAddress, judged.config.service.metricsPort);
    output.write(`${why}\n`);
    return ok ? EXIT.done : EXIT.failed;
  },
};
