import { COMMIT, VERSION } from "../../build.ts";
import type { Config } from "../../config/parse.ts";
import { lifecycle } from "../../service/lifecycle.ts";
import { keepNotified } from "../../service/sd-notify.ts";
import { type Service, startService } from "../../service/service.ts";
import { refusingOf, removalOrder } from "../../routing/kill-switch.ts";
import { PROTOCOL } from "../../routing/types.ts";
import { createLog, type Log } from "../../log/log.ts";
import { output } from "../../log/async-stdout.ts";
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
  const service = await startUnlessStopped(config, log, stopRequested);
  if (service === "untouched") return EXIT.done;
  if (service === "stuck") {
    log("error", `the start does not come to an end; clean up what it may leave with: ${removalCommand(config)}`);
    return EXIT.failed;
  }
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

/** So long a start that has begun to change the kernel may go on after a stop is asked for, so that this can undo it. */
const START_LIMIT_MS = 2500;

/**
 * Starts the service. Where a stop is asked for meanwhile, it does not begin to change the kernel; what has begun is let
 * come to its end.
 */
async function startUnlessStopped(
  config: Config,
  log: Log,
  stopRequested: Promise<string>,
): Promise<Service | "untouched" | "stuck"> {
  let asked = false;
  let begun = false;
  const givenUp = stopRequested.then(async () => {
    asked = true;
    if (!begun) return "untouched";
    await new Promise((resolve) => setTimeout(resolve, START_LIMIT_MS));
    return "stuck";
  });
  const started = startService(config, log, () => (begun = !asked));
  return Promise.race([started.then((service) => service ?? "untouched"), givenUp]);
}

/** Takes away by hand what the service has in the kernel. */
function removalCommand({ firstRulePreference, firstRoutingTableId: table, whenNoGateways }: Config): string {
  const guarded = refusingOf(whenNoGateways) !== undefined;
  const preferences = guarded ? removalOrder(firstRulePreference) : [firstRulePreference];
  const verb = guarded ? "flush" : "del";
  const rules = preferences.map((one) => `ip rule ${verb} pref ${one} protocol ${PROTOCOL}`);
  return [...rules, `ip route flush table ${table} proto ${PROTOCOL}`].join("; ");
}
