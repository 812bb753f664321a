import { readFileSync } from "node:fs";

import { defineCommand, runCommand } from "citty";

import { COMMIT, VERSION } from "./build.ts";
import { type Arguments, parseArguments } from "./config/arguments.ts";
import { helpText } from "./config/help.ts";
import { optionList } from "./config/options.ts";
import { type Config, parseConfig, type Surroundings } from "./config/parse.ts";
import { quote } from "./config/quote.ts";
import { lifecycle } from "./daemon/lifecycle.ts";
import { keepNotified } from "./daemon/notify.ts";
import { startService } from "./daemon/service.ts";
import { PROTOCOL } from "./routing/types.ts";
import { askHealth } from "./telemetry/ask.ts";
import { createLog } from "./telemetry/log.ts";
import { output } from "./telemetry/output.ts";
import { SERVICE_MANAGERS, UNITS } from "./units/units.ts";

const NAME = "gateway-route-manager";

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Commands that stand before the flags; without one, the service runs. */
const COMMANDS = ["service", "healthcheck"] as const;

/**
 * Runs the command line.
 *
 * @param words the arguments, without the program's name
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
 */
export async function runCli(words: readonly string[]): Promise<number> {
  const { command, subject, flagWords } = takeCommand(words);
  const given = parseArguments(flagWords);
  let status: number = EXIT.done;
  const define = (description: string, run: (flags: Record<string, string>) => number | Promise<number>) =>
    defineCommand({
      meta: { name: NAME, version: VERSION, description },
      args: Object.fromEntries(optionList.map(({ flag }) => [flag, { type: "string" as const }])),
      async run({ args }) {
        status = await run(args as unknown as Record<string, string>);
      },
    });
  const subCommands = {
    help: define("print the flags", () => print(helpText())),
    version: define("print the version", () => print(`${NAME} ${VERSION} (${COMMIT})\n`)),
    serve: define("run the service", (flags) => serve(given.problems, flags)),
    service: define("print a service file", (flags) => printUnit(subject, flagWords, given.problems, flags)),
    healthcheck: define("ask the running service", (flags) => checkHealth(given.problems, flags)),
  };
  const rawArgs = toCitty(given.information ?? command ?? "serve", given);
  await runCommand(defineCommand({ meta: { name: NAME }, subCommands }), { rawArgs });
  return status;
}

/** The command, the word that `service` takes, and the words of the flags. */
function takeCommand(words: readonly string[]) {
  const command = COMMANDS.find((one) => one === words[0]);
  const subject = command === "service" && !words[1]?.startsWith("-") ? words[1] : undefined;
  const flagWords = words.slice((command === undefined ? 0 : 1) + (subject === undefined ? 0 : 1));
  return { command, subject, flagWords };
}

/** The command and its flags in the one form that citty reads without guessing: `--name=value`. */
function toCitty(command: string, { values }: Arguments): string[] {
  return [command, ...Object.entries(values).map(([flag, text]) => `--${flag}=${text}`)];
}

function print(text: string): number {
  output.write(text);
  return EXIT.done;
}

/** Prints what a service manager needs to run this executable with these flags. What they lack may come from variables. */
function printUnit(
  subject: string | undefined,
  words: readonly string[],
  formProblems: readonly string[],
  flags: Record<string, string>,
): number {
  const manager = SERVICE_MANAGERS.find((one) => one === subject);
  const expected = `service ${quote(subject ?? "")}: expected ${SERVICE_MANAGERS.join(", ")}`;
  const problems = [...(manager ? [] : [expected]), ...formProblems];
  const surroundings = { environment: {}, readFile: () => "", partial: true } as const;
  const judged = judge(problems, flags, surroundings, `usage: ${NAME} service ${SERVICE_MANAGERS.join("|")} [flags]`);
  if (!manager || !judged) return EXIT.usage;
  const secrets = optionList.filter(({ flag, secret }) => secret && flags[flag] !== undefined);
  for (const { flag } of secrets) complain(`-${flag} can be read by every user in this file; better name a file of it`);
  return print(UNITS[manager]([process.execPath, ...words]));
}

/** Asks the service that runs with these flags whether it is well. */
async function checkHealth(formProblems: readonly string[], flags: Record<string, string>): Promise<number> {
  const judged = judge(formProblems, flags, { environment: process.env, readFile: () => "", partial: true });
  if (!judged) return EXIT.usage;
  const { ok, why } = await askHealth(judged.config.metricsAddress, judged.config.metricsPort);
  print(`${why}\n`);
  return ok ? EXIT.done : EXIT.failed;
}

/** The configuration; undefined once everything that is wrong with the command line has been told, with the hints. */
function judge(
  formProblems: readonly string[],
  flags: Record<string, string>,
  surroundings: Surroundings,
  ...hints: readonly string[]
) {
  const parsed = parseConfig(flags, surroundings);
  if (parsed.ok && formProblems.length === 0) return parsed;
  complain(...formProblems, ...(parsed.ok ? [] : parsed.problems), ...hints);
  return undefined;
}

async function serve(formProblems: readonly string[], flags: Record<string, string>): Promise<number> {
  const surroundings = { environment: process.env, readFile: (path: string) => readFileSync(path, "utf8") };
  const judged = judge(formProblems, flags, surroundings, "-help lists all flags");
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

function complain(...lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${NAME}: ${line}\n`).join(""));
}
