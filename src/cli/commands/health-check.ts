import { askOwnHealth } from "../../service/port-owner.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, complain, OF_SERVICE, parseOrComplain } from "./command.ts";
import { EXIT } from "../program.ts";
import { POOL_FLAG } from "./pool-option.ts";
import { ownOption, ownSwitch, readSwitch } from "./printing.ts";

const USABLE_FLAG = ownSwitch("usable", "report whether each pool has as many usable gateways as -usable-min asks for");
const POOL_OF_USABLE = ownOption(POOL_FLAG.flag, POOL_FLAG.type, "with -usable: only the pool with this name counts");

/** Reports whether the service that runs with these flags is healthy, or usable. */
export const healthCheck: Command = {
  name: "healthcheck",
  help: "report whether the running service is healthy, for Docker and the like (exit status 0: healthy)",
  outputMayBeLost: true, // a full disk must not have a container restarted
  options: [USABLE_FLAG, POOL_OF_USABLE],
  async run(given) {
    const problems = [...given.problems];
    const asksUsable = readSwitch(USABLE_FLAG, given, problems);
    const pool = given.flags[POOL_OF_USABLE.flag];
    if (pool !== undefined && !asksUsable) {
      problems.push(`-${POOL_OF_USABLE.flag}: only whether a pool is usable can be asked of it alone; add -usable`);
    }
    const surroundings = asksUsable ? OF_SERVICE : { ...OF_SERVICE, readFile: () => undefined };
    const parsed = await parseOrComplain({ ...given, problems }, surroundings);
    if (!parsed) return EXIT.usage;
    const { service } = parsed.config;
    const query = pool === undefined ? "" : `?pool=${encodeURIComponent(pool)}`;
    const question = asksUsable ? { path: `/usable${query}`, password: service.httpPassword } : {};
    const { code, detail } = await askOwnHealth(service, question);
    if (code === "denied") complain(detail);
    else output.write(`${detail}\n`);
    return code === "ours-ok" ? EXIT.done : EXIT.failed;
  },
};
