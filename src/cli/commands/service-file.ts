import { optionList, variableOf } from "../../config/options.ts";
import { quote } from "../../text/escape.ts";
import { choice } from "../../config/values.ts";
import { output } from "../../log/async-stdout.ts";
import { isHidden } from "../service-files/systemd.ts";
import { SERVICE_MANAGERS, SERVICE_FILES } from "../service-files/service-files.ts";
import { type Command, complain, NOWHERE } from "./command.ts";
import { EXIT } from "../program.ts";
import { parseSubject } from "./printing.ts";

const MANAGER = choice(...SERVICE_MANAGERS);

/** Prints the file by which a service manager runs this executable with these flags; the rest may come from variables. */
export const serviceFile: Command = {
  name: "service",
  subject: MANAGER,
  help: "print a service file that runs the service with these flags",
  async run(given) {
    const { words, flags } = given;
    const program = quote(process.execPath);
    const parsed = await parseSubject("service", MANAGER, given, NOWHERE, "[flags]");
    if (!parsed) return EXIT.usage;
    const { subject: manager, config } = parsed;
    if (/['"\\\p{Cc}]/u.test(process.execPath)) {
      complain(
        `cannot use ${program} in a service file: its path has quotes, backslashes or control characters; move it to another path`,
      );
      return EXIT.failed;
    }
    if (manager === "systemd" && isHidden(process.execPath)) {
      complain(
        `with this file systemd hides ${program} from the service; move it, for example to /usr/local/bin, and run it from there`,
      );
    }
    const { onChange, config: file } = config.service;
    for (const path of manager === "systemd" ? [onChange?.[0], file] : []) {
      if (path === undefined || !isHidden(path)) continue;
      complain(
        `with this file systemd hides ${quote(path)} from the service; move it, for example to /etc/gateway-route-manager`,
      );
    }
    if (file !== undefined && !file.startsWith("/")) {
      complain(`-config ${quote(file)}: the service starts in another folder; write its path from / on`);
    }
    for (const option of optionList) {
      if (!option.secret || flags[option.flag] === undefined) continue;
      complain(
        `-${option.flag}: every user can read it in this file; set ${variableOf(option)}_FILE to a file that holds it`,
      );
    }
    const reload = file === undefined ? undefined : [process.execPath, "reload", ...words];
    output.write(SERVICE_FILES[manager]([process.execPath, ...words], config.service.firstRoutingTableId, reload));
    return EXIT.done;
  },
};
