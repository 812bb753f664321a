import { COMMIT, VERSION } from "../build.ts";
import type { Config } from "../config/parse.ts";
import { lifecycle } from "../daemon/lifecycle.ts";
import { keepNotified } from "../daemon/notify.ts";
import { startService } from "../daemon/service.ts";
import { refusingOf, removalOrder } from "../routing/guard.ts";
import { PROTOCOL } from "../routing/types.ts";
import { createLog } from "../telemetry/log.ts";
import { output } from "../telemetry/output.ts";
import { complain, EXIT, HERE, type Invocation, judge, NAME } from "./command.ts";

/** Runs the service until it is asked to stop. */
export async function serve(given: Invocation): Promise<number> {
  const judged = judge(given, HERE, "-help lists all flags");
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
  const keep = config.onExit === "keep";
  log("info", `${reason}: ${keep ? "leaving all routes and rules as they are" : "removing all routes and rules"}`);
  const done = await service.stop();
  const remedy = removalCommand(config);
  if (keep) log("info", `stopped; the next start takes over what is left. To remove it by hand: ${remedy}`);
  else if (done) log("info", "stopped; nothing is left in the kernel");
  else log("error", `could not remove everything; clean up with: ${remedy}`);
  return done ? EXIT.done : EXIT.failed;
}

/** Takes away by hand what the service has in the kernel. */
function removalCommand({ firstRulePreference, firstRoutingTableId: table, whenNoGateways }: Config): string {
  const guarded = refusingOf(whenNoGateways) !== undefined;
  const preferences = guarded ? removalOrder(firstRulePreference) : [firstRulePreference];
  const verb = guarded ? "flush" : "del";
  const rules = preferences.map((one) => `ip rule ${verb} pref ${one} protocol ${PROTOCOL}`);
  return [...rules, `ip route flush table ${table} proto ${PROTOCOL}`].join("; ");
}
