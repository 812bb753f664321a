import { optionList } from "../config/options.ts";
import { quote } from "../config/quote.ts";
import { choice } from "../config/values.ts";
import { output } from "../telemetry/output.ts";
import { isHidden } from "../units/systemd.ts";
import { SERVICE_MANAGERS, UNITS } from "../units/units.ts";
import { type Command, complain, EXIT, judge, NAME } from "./command.ts";
import { readSubject } from "./printing.ts";

const MANAGER = choice(...SERVICE_MANAGERS);

/** Prints what a service manager needs to run this executable with these flags. What they lack may come from variables. */
export const serviceFile: Command = {
  name: "service",
  subject: MANAGER,
  help: "print a service file with these flags",
  run(given) {
    const { words, flags } = given;
    const program = quote(process.execPath);
    const problems: string[] = [];
    const manager = readSubject("service", MANAGER, given, problems);
    problems.push(...given.problems);
    const surroundings = { environment: {}, readFile: () => undefined, partial: true } as const;
    const hint = `usage: ${NAME} service ${MANAGER.placeholder} [flags]`;
    const judged = judge({ ...given, problems }, surroundings, hint);
    if (!manager || !judged) return EXIT.usage;
    if (/['"\\\p{Cc}]/u.test(process.execPath)) {
      complain(
        `${program} stands in a path that systemd refuses; move it to one without quotes, backslashes and control characters`,
      );
      return EXIT.failed;
    }
    if (manager === "systemd" && isHidden(process.execPath)) {
      complain(
        `this file hides ${program} from the service; move that, such as to /usr/local/bin, and run it from there`,
      );
    }
    const hook = judged.config.onChange?.[0];
    if (manager === "systemd" && hook !== undefined && isHidden(hook)) {
      complain(`this file hides ${quote(hook)} from the service; move that, such as to /etc/gateway-route-manager`);
    }
    const secrets = optionList.filter(({ flag, secret }) => secret && flags[flag] !== undefined);
    for (const { flag } of secrets)
      complain(`-${flag} can be read by every user in this file; better name a file of it`);
    output.write(UNITS[manager]([process.execPath, ...words]));
    return EXIT.done;
  },
};
