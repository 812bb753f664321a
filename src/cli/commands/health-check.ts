import { askOwnHealth } from "../../service/port-owner.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, OF_SERVICE, parseOrComplain } from "./command.ts";
import { EXIT } from "../program.ts";

/** Reports whether the service that runs with these flags is healthy. */
export const healthCheck: Command = {
  name: "healthcheck",
  help: "report whether the running service is healthy, for Docker and the like (exit status 0: healthy)",
  outputMayBeLost: true, // a full disk must not have a container restarted
  async run(given) {
    const parsed = await parseOrComplain(given, { ...OF_SERVICE, readFile: () => undefined });
    if (!parsed) return EXIT.usage;
    const { code, detail } = await askOwnHealth(parsed.config.service);
    output.write(`${detail}\n`);
    return code === "ours-ok" ? EXIT.done : EXIT.failed;
  },
};
