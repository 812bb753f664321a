import { COMMIT, VERSION } from "../../build.ts";
import type { Config } from "../../config/model.ts";
import { exposedSecrets } from "../../config/exposed-secrets.ts";
import type { PlacePools } from "../../config/pool-places.ts";
import type { Family } from "../../net/address.ts";
import type { Warning } from "../../config/warnings.ts";
import { earlierPlaces } from "../../service/earlier-places.ts";
import { lifecycle } from "../../service/lifecycle.ts";
import { startSdNotify } from "../../service/sd-notify.ts";
import { startReaper } from "../../service/reaper.ts";
import type { ReloadSource } from "../../service/reloader.ts";
import { type Service, startService } from "../../service/service.ts";
import { createLog, type Log } from "../../log/log.ts";
import { output } from "../../log/async-stdout.ts";
import { journalPrefix, leadsToJournal } from "../../log/journal.ts";
import { failureText } from "../../text/failure.ts";
import { type Command, complain, HERE, type Invocation, parseOrComplain } from "./command.ts";
import { EXIT, NAME } from "../program.ts";
import { removalCommand } from "./removal-command.ts";
import { Reloads } from "./reloads.ts";

/** Runs the service, as the program does without a command. */
export const serve: Command = {
  name: "serve",
  help: "run the service, as without a command",
  outputMayBeLost: true,
  run: runUntilStopped,
};

/** Runs the service until it is asked to stop. */
async function runUntilStopped(given: Invocation): Promise<number> {
  const findPlaces = (families: readonly Family[]): Promise<PlacePools> => earlierPlaces(true, families);
  const parsed = await parseOrComplain(given, { ...HERE, findPlaces }, "see -help for all flags");
  if (!parsed) return EXIT.usage;
  try {
    return await runService(given, parsed.config, [...parsed.warnings, ...exposedSecrets(given.flags)]);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return EXIT.failed;
  }
}

async function runService(given: Invocation, config: Config, warnings: readonly Warning[]): Promise<number> {
  const { logFormat, logLevel, config: file } = config.service;
  const format = logFormat === "auto" ? (process.stdout.isTTY ? "text" : "logfmt") : logFormat;
  output.patient = true;
  startReaper();
  const isJournal = leadsToJournal(process.env["JOURNAL_STREAM"], 1);
  const log = createLog(logLevel, format, output, isJournal ? journalPrefix : undefined);
  const reloads = file === undefined ? undefined : new Reloads(given);
  const { stopRequested } = lifecycle(log, reloads && (() => reloads.ask()));
  log("info", `${NAME} ${VERSION} starts`, { version: VERSION, commit: COMMIT });
  for (const warning of warnings) log("warn", failureText(warning));
  const service = await startUnlessStopped(config, log, stopRequested, reloads?.source);
  if (service === "untouched") return EXIT.done;
  if (service === "stuck") {
    log("error", `the start did not finish in time; remove what it may have left with: ${removalCommand(config)}`);
    return EXIT.failed;
  }
  const notified = startSdNotify(process.env, () => service.health());
  reloads?.started(service, notified);
  const reason = await stopRequested;
  notified.stopping();
  const keep = service.config.service.onExit === "keep";
  log("info", `${reason}: ${keep ? "leaving all routes and rules as they are" : "removing all routes and rules"}`);
  const remedy = removalCommand(service.config);
  const done = await service.stop(reason);
  if (keep) log("info", `stopped; the next start takes over what is left. To remove it by hand: ${remedy}`);
  else if (done) log("info", "stopped; nothing is left in the kernel");
  else log("error", `cannot remove all routes and rules; remove them with: ${remedy}`);
  return done ? EXIT.done : EXIT.failed;
}

/** Time that a start which changes the kernel already may still take after a request to stop, so that its changes can be undone. */
const START_LIMIT_MS = 2500;

/**
 * Starts the service. A request to stop before it changes the kernel ends it without a change; one that arrives later waits
 * for its end.
 */
async function startUnlessStopped(
  config: Config,
  log: Log,
  stopRequested: Promise<string>,
  source: ReloadSource | undefined,
): Promise<Service | "untouched" | "stuck"> {
  let asked = false;
  let begun = false;
  const givenUp = stopRequested.then(async () => {
    asked = true;
    if (!begun) return "untouched";
    await new Promise((resolve) => setTimeout(resolve, START_LIMIT_MS));
    return "stuck";
  });
  const { announceStart } = await import("./announce-start.ts"); // most of what it needs is needed once
  const started = startService(config, log, () => (begun = !asked), source, announceStart);
  return Promise.race([started.then((service) => service ?? "untouched"), givenUp]);
}
