import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/model.ts";
import { optionList, variableOf } from "../../config/options.ts";
import { quote } from "../../text/escape.ts";
import { failureText } from "../../text/failure.ts";
import { choice } from "../../config/values.ts";
import { output } from "../../log/async-stdout.ts";
import { isHidden } from "../service-files/systemd.ts";
import { SERVICE_MANAGERS, SERVICE_FILES } from "../service-files/service-files.ts";
import { type Command, complain, type Invocation, NOWHERE } from "./command.ts";
import { readConfigFile } from "./config-file.ts";
import { EXIT } from "../program.ts";
import { parseSubject } from "./printing.ts";

const MANAGER = choice(...SERVICE_MANAGERS);

/** Prints the file by which a service manager runs this executable with these flags; the rest may come from variables. */
export const serviceFile: Command = {
  name: "service",
  subject: MANAGER,
  help: "print a service file that runs the service with these flags",
  async run(given) {
    const { words, flags, warnings } = given;
    const program = quote(process.execPath);
    const parsed = await parseSubject("service", MANAGER, given, NOWHERE, "[flags]");
    if (!parsed) return EXIT.usage;
    const { subject: manager, config } = parsed;
    complain(...warnings.map(failureText));
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
    const { config: file } = config.service;
    const { onChange, drainFile, trackFile, firstRoutingTableId: table } = await settingsOf(given);
    for (const path of manager === "systemd" ? [onChange?.[0], file, trackFile] : []) {
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
    const isDrainFileNamed = file !== undefined && drainFile !== undefined;
    output.write(SERVICE_FILES[manager]([process.execPath, ...words], table, reload, isDrainFileNamed, trackFile));
    return EXIT.done;
  },
};

/** The settings of the service, also those of the configuration file as far as that can be read here. */
async function settingsOf({ flags }: Invocation): Promise<Config["service"]> {
  const parsed = await loadConfig(flags, { ...NOWHERE, readConfig: readConfigFile, serviceAlone: true });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n")); // they have been parsed before
  return parsed.config.service;
}
