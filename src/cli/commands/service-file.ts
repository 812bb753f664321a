import { optionList } from "../../config/options.ts";
import { quote } from "../../text/escape.ts";
import { choice } from "../../config/values.ts";
import { output } from "../../log/async-stdout.ts";
import { isHidden } from "../service-files/systemd.ts";
import { SERVICE_MANAGERS, UNITS } from "../service-files/service-files.ts";
import { type Command, complain, EXIT, NOWHERE } from "./command.ts";
import { judgeSubject } from "./printing.ts";

const MANAGER = choice(...SERVICE_MANAGERS);

/** Prints what a service manager needs to run this executable with these flags. What they lack may come from variables. */
export const serviceFile: Command = {
  name: "service",
  subject: MANAGER,
  help: "print a service file with these flags",
  run(given) {
    const { words, flags } = given;
    const program = quote(process.execPath);
    const judged = judgeSubject("service", MANAGER, given, NOWHERE, "[flags]");
    if (!judged) return EXIT.usage;
    const { subject: manager, config } = judged;
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
    const hook = config.service.onChange?.[0];
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
