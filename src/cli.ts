import { defineCommand, runCommand } from "citty";

import { COMMIT, VERSION } from "./build.ts";
import { type Command, EXIT, type Invocation, NAME } from "./cli/commands/command.ts";
import { COMMANDS } from "./cli/commands/commands.ts";
import { serve } from "./cli/commands/serve.ts";
import { type Arguments, parseArguments } from "./config/arguments.ts";
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
  const { command, subject, flagWords } = takeCommand(words);
  const options = [...optionList, ...(command?.options ?? [])];
  const given = parseArguments(flagWords, options);
  let status: number = EXIT.done;
  const define = (description: string, run: (invocation: Invocation) => number | Promise<number>) =>
    defineCommand({
      meta: { name: NAME, version: VERSION, description },
      args: Object.fromEntries(options.map(({ flag }) => [flag, { type: "string" as const }])),
      async run({ args }) {
        const flags = args as unknown as Record<string, string>;
        status = await run({ subject, words: flagWords, flags, problems: given.problems });
      },
    });
  const subCommands = {
    help: define("print the flags", () => print(helpText(COMMANDS))),
    version: define("print the version", () => print(`${NAME} ${VERSION} (${COMMIT})\n`)),
    serve: define("run the service", serve),
    ...Object.fromEntries(COMMANDS.map((one) => [one.name, define(one.help, (given) => runToEnd(one, given))])),
  };
  const rawArgs = toCitty(given.information ?? command?.name ?? "serve", given);
  await runCommand(defineCommand({ meta: { name: NAME }, subCommands }), { rawArgs });
  return status;
}

/** The command, the word that it takes, and the words of the flags. */
function takeCommand(words: readonly string[]): {
  command: Command | undefined;
  subject: string | undefined;
  flagWords: readonly string[];
} {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  const subject = command?.subject !== undefined && !words[1]?.startsWith("-") ? words[1] : undefined;
  const flagWords = words.slice((command === undefined ? 0 : 1) + (subject === undefined ? 0 : 1));
  return { command, subject, flagWords };
}

/** The command and its flags in the one form that citty reads without guessing: `--name=value`. */
function toCitty(command: string, { values }: Arguments): string[] {
  return [command, ...Object.entries(values).map(([flag, text]) => `--${flag}=${text}`)];
}

/** Runs a command until all it printed is out: whoever asks gets the whole answer, however slowly it is read. */
async function runToEnd(command: Command, given: Invocation): Promise<number> {
  const status = await command.run(given);
  await output.drained();
  return status;
}

function print(text: string): number {
  output.write(text);
  return EXIT.done;
}
