import { readFileSync } from "node:fs";

import { COMMIT, VERSION } from "../build.ts";
import type { Config } from "../config/parse.ts";
import { lifecycle } from "../daemon/lifecycle.ts";
import { keepNotified } from "../daemon/notify.ts";
import { startService } from "../daemon/service.ts";
import { PROTOCOL } from "../routing/types.ts";
import { createLog } from "../telemetry/log.ts";
import { output } from "../telemetry/output.ts";
import { complain, EXIT, type Invocation, judge, NAME } from "./command.ts";

/** Runs the service until it is asked to stop. */
export async function serve(given: Invocation): Promise<number> {
  const surroundings = { environment: process.env, readFile: (path: string) => readFileSync(path, "utf8") };
  const judged = judge(given, surroundings, "-help lists all flags");
  if (!judged) return EXIT.usage;
  try {
    return await runService(judged.config, judged.warnings);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return EXIT.failed;
  }
}

async function runService(config: Config, warnings: readonly string[]): Promise<number> {
  const format = config.logFormat === "auto" ? (process.stdout.isTTY ? "text" : "logfmt") : config.logFormat;
  output.patient = true;
  const log = createLog(config.logLevel, format, output);
  const { stopRequested } = lifecycle(log);
  log("info", `${NAME} ${VERSION} starts`, { version: VERSION, commit: COMMIT });
  for (const warning of warnings) log("warn", warning);
  const service = await Promise.race([startService(config, log), stopRequested]);
  if (typeof service === "string") return EXIT.done; // asked to stop before it had begun: nothing was changed
  const notified = keepNotified(process.env, () => service.health());
  const reason = await stopRequested;
  notified.stopping();
  log("info", `${reason}: removing all routes and the rule`);
  if (await service.stop()) {
    log("info", "stopped; nothing is left in the kernel");
    return EXIT.done;
  }
  const { firstRulePreference: preference, firstRoutingTableId: table } = config;
  const remedy = `ip rule del pref ${preference} protocol ${PROTOCOL}; ip route flush table ${table} proto ${PROTOCOL}`;
  log("error", `could not remove everything; clean up with: ${remedy}`);
  return EXIT.failed;
}
