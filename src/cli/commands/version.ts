import { COMMIT, VERSION } from "../../build.ts";
import { output } from "../../log/async-stdout.ts";
import { EXIT, NAME } from "../program.ts";
import { type Command, complain } from "./command.ts";

/** Prints the version and the commit that was built, as `-version` does. */
export const version: Command = {
  name: "version",
  help: "print the version, as -version does",
  run({ problems }) {
    if (problems.length > 0) {
      complain(...problems);
      return EXIT.usage;
    }
    output.write(versionText());
    return EXIT.done;
  },
};

export const versionText = (): string => `${NAME} ${VERSION} (${COMMIT})\n`;
