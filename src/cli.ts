import { defineCommand, runCommand } from "citty";

import { COMMIT, VERSION } from "./build.ts";
import { type Command, complain, type Invocation } from "./cli/commands/command.ts";
import { EXIT, NAME } from "./cli/program.ts";
import { COMMANDS } from "./cli/commands/commands.ts";
import { lookOf } from "./cli/commands/printing.ts";
import { serve } from "./cli/commands/serve.ts";
import { type Arguments, parseArguments } from "./config/arguments.ts";
import { helpText } from "./config/help.ts";
import { optionList } from "./config/options.ts";
import { output } from "./log/async-stdout.ts";
import { closest } from "./text/closest.ts";
import { quote } from "./text/escape.ts";

/**
 * Runs the command line.
 *
 * @param words the arguments, without the program's name
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage; a command may have more
 */
export async function runCli(words: readonly string[]): Promise<number> {
  const { command, subject, flagWords, meant } = readCommand(words);
  if (meant !== undefined) {
    complain(`unknown command ${quote(words[0]!)}: did you mean ${meant}?`);
    return EXIT.usage;
  }
  const options = [...optionList, ...(command?.options ?? [])];
  const given = parseArguments(flagWords, options);
  if (given.information === "help") return print(helpText(COMMANDS, lookOf().width));
  if (given.information === "version") return print(`${NAME} ${VERSION} (${COMMIT})\n`);
  let status: number = EXIT.done;
  const define = (run: (invocation: Invocation) => number | Promise<number>) =>
    defineCommand({
      args: Object.fromEntries(options.map(({ flag }) => [flag, { type: "string" as const }])),
      async run({ args }) {
        const flags = args as unknown as Record<string, string>;
        status = await run({ subject, words: flagWords, flags, problems: given.problems });
      },
    });
  const subCommands = {
    serve: define(serve),
    ...Object.fromEntries(COMMANDS.map((one) => [one.name, define((given) => runToEnd(one, given))])),
  };
  const rawArgs = toCitty(command?.name ?? "serve", given);
  await runCommand(defineCommand({ meta: { name: NAME }, subCommands }), { rawArgs });
  return status;
}

/** The command, the word that it takes, and the words of the flags. */
function readCommand(words: readonly string[]): {
  command: Command | undefined;
  subject: string | undefined;
  flagWords: readonly string[];
  /** The command that a mistyped one most likely meant. */
  meant?: string | undefined;
} {
  const [first = "", second] = words;
  const command = COMMANDS.find(({ name }) => name === first);
  if (command === undefined) {
    const names = COMMANDS.map(({ name }) => name);
    const meant = first.startsWith("-") ? undefined : closest(first, names);
    return { command, subject: undefined, flagWords: words, meant };
  }
  const hasSubject = command.subject !== undefined && (command.takesFlag || !second?.startsWith("-"));
  const subject = hasSubject ? second : undefined;
  return { command, subject, flagWords: words.slice(subject === undefined ? 1 : 2) };
}

/** The command and its flags in the one form that citty reads without guessing: `--name=value`. */
function toCitty(command: string, { values }: Arguments): string[] {
  return [command, ...Object.entries(values).map(([flag, text]) => `--${flag}=${text}`)];
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
