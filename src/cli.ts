import { readFileSync } from "node:fs";

import { defineCommand, runCommand } from "citty";

import { COMMIT, VERSION } from "./build.ts";
import { type Arguments, parseArguments } from "./config/arguments.ts";
import { helpText } from "./config/help.ts";
import { optionList } from "./config/options.ts";
import { type Config, parseConfig } from "./config/parse.ts";
import { lifecycle } from "./daemon/lifecycle.ts";
import { startService } from "./daemon/service.ts";
import { PROTOCOL } from "./routing/types.ts";
import { createLog } from "./telemetry/log.ts";
import { output } from "./telemetry/output.ts";

const NAME = "gateway-route-manager";

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/**
 * Runs the command line.
 *
 * @param words the arguments, without the program's name
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
 */
export async function runCli(words: readonly string[]): Promise<number> {
  const given = parseArguments(words);
  let status: number = EXIT.done;
  const command = (description: string, run: (flags: Record<string, string>) => number | Promise<number>) =>
    defineCommand({
      meta: { name: NAME, version: VERSION, description },
      args: Object.fromEntries(optionList.map(({ flag }) => [flag, { type: "string" as const }])),
      async run({ args }) {
        status = await run(args as unknown as Record<string, string>);
      },
    });
  const subCommands = {
    help: command("print the flags", () => print(helpText())),
    version: command("print the version", () => print(`${NAME} ${VERSION} (${COMMIT})\n`)),
    serve: command("run the service", (flags) => serve(given.problems, flags)),
  };
  await runCommand(defineCommand({ meta: { name: NAME }, subCommands }), { rawArgs: toCitty(given) });
  return status;
}

/** The command and its flags in the one form that citty reads without guessing: `--name=value`. */
function toCitty({ information, values }: Arguments): string[] {
  return [information ?? "serve", ...Object.entries(values).map(([flag, text]) => `--${flag}=${text}`)];
}

function print(text: string): number {
  output.write(text);
  return EXIT.done;
}

async function serve(formProblems: readonly string[], flags: Record<string, string>): Promise<number> {
  const parsed = parseConfig(flags, { environment: process.env, readFile: (path) => readFileSync(path, "utf8") });
  const problems = [...formProblems, ...(parsed.ok ? [] : parsed.problems)];
  if (!parsed.ok || problems.length > 0) {
    complain(...problems, "-help lists all flags");
    return EXIT.usage;
  }
  try {
    return await runService(parsed.config, parsed.warnings);
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
  log("info", `${await stopRequested}: removing all routes and the rule`);
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
