import { resolve } from "node:path";

import { options } from "../../config/options.ts";
import { findSource, type Surroundings } from "../../config/parse.ts";
import { output } from "../../log/async-stdout.ts";
import { EXIT, NAME } from "../program.ts";
import { type Command, complain, parseOrComplain, UNREAD } from "./command.ts";

/** Prints the present flags and variables as a configuration file. */
export const config: Command = {
  name: "config",
  help: "print the present flags and variables as a configuration file; secrets are left out",
  async run(given) {
    if (findSource(options.config, given.flags, HERE)) {
      complain("config prints flags and variables as a configuration file; run it without -config and GRM_CONFIG");
      return EXIT.usage;
    }
    const parsed = await parseOrComplain(given, HERE, `usage: ${NAME} config [flags of the service]`);
    if (!parsed) return EXIT.usage;
    const { configFileText, givenBy } = await import("../../config/file/write.ts"); // the service does not need it
    output.write(configFileText(parsed.config, givenBy(given.flags, HERE, resolve)));
    return EXIT.done;
  },
};

/** Files of secrets need not be readable: their paths are printed, and not what they hold. */
const HERE: Surroundings = { environment: process.env, readFile: () => UNREAD };
