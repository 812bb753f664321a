import { defineCommand, runCommand } from "citty";

import { readCommandLine } from "./cli/command-line.ts";
import { type Command, complain, type Invocation } from "./cli/commands/command.ts";
import { EXIT, NAME } from "./cli/program.ts";
import { COMMANDS } from "./cli/commands/commands.ts";
import { lookOf } from "./cli/commands/printing.ts";
import { serve } from "./cli/commands/serve.ts";
import { versionText } from "./cli/commands/version.ts";
import { helpText } from "./config/help.ts";
import { optionList } from "./config/options.ts";
import { output } from "./log/async-stdout.ts";

/**
 * Runs the command line.
 *
 * @param words the arguments, without the program's name
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage; a command may have more
 */
export async function runCli(words: readonly string[]): Promise<number> {
  const line = readCommandLine(words, COMMANDS);
  if (typeof line === "string") {
    complain(line);
    return EXIT.usage;
  }
  if (line.information === "help") return print(await summary(line.command));
  if (line.information === "version") return print(versionText());
  return runWithCitty(line.command ?? serve, line);
}

/** What `-help` prints: of one command, or of all. */
async function summary(command: Command | undefined): Promise<string> {
  if (command === undefined) return helpText(COMMANDS, lookOf().width);
  const { helpOfCommand } = await import("./cli/help/help.ts"); // with the guide, which the service never loads
  return helpOfCommand(command, lookOf());
}

async function runWithCitty(command: Command, { subject, words, flags: values, problems, warnings }: Invocation) {
  let status: number = EXIT.done;
  const options = [...optionList, ...(command.options ?? [])];
  const subCommand = defineCommand({
    args: Object.fromEntries(options.map(({ flag }) => [flag, { type: "string" as const }])),
    async run({ args }) {
      const flags = args as unknown as Record<string, string>;
      status = await runToEnd(command, { subject, words, flags, problems, warnings });
    },
  });
  const rawArgs = [command.name, ...Object.entries(values).map(([flag, text]) => `--${flag}=${text}`)];
  await runCommand(defineCommand({ meta: { name: NAME }, subCommands: { [command.name]: subCommand } }), { rawArgs });
  return status;
}

/** Runs a command, and waits until its whole output is written, however slowly that is read. */
async function runToEnd(command: Command, given: Invocation): Promise<number> {
  const status = await command.run(given);
  return command.outputMayBeLost ? status : afterOutput(status);
}

async function print(text: string): Promise<number> {
  output.write(text);
  return afterOutput(EXIT.done);
}

/** The exit status once all output is written: a failure where some of it was lost. */
async function afterOutput(status: number): Promise<number> {
  await output.drained();
  if (output.lost === undefined) return status;
  complain(`cannot write to standard output: ${output.lost}; direct it elsewhere`);
  return status === EXIT.done ? EXIT.failed : status;
}
