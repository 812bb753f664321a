import { type Arguments, nameIn, parseArguments } from "../config/arguments.ts";
import { optionList } from "../config/options.ts";
import { closest } from "../text/closest.ts";
import { quote } from "../text/escape.ts";
import type { Command, Invocation } from "./commands/command.ts";

/** A command line in its parts. */
export interface CommandLine extends Invocation {
  /** Undefined where the service runs, since no command is named. */
  readonly command: Command | undefined;
  /** `-help` or `-version`, whichever came first. */
  readonly information: Arguments["information"];
}

/**
 * Finds the command of a command line, the word that the command takes, and the flags, in any order.
 *
 * @param words the arguments, without the program's name
 * @returns the problem, where the first word is no command
 */
export function readCommandLine(words: readonly string[], commands: readonly Command[]): CommandLine | string {
  const options = [...optionList, ...commands.flatMap((command) => command.options ?? [])];
  const [place = -1] = parseArguments(words, options, 1).free;
  const command = commands.find(({ name }) => name === words[place]);
  if (command !== undefined) return ofCommand(command, words.toSpliced(place, 1));
  if (place === 0) return unknown(words[0]!, commands);
  return { command, subject: undefined, ...read(words, optionList) };
}

/** @param words all but the command's name */
function ofCommand(command: Command, words: readonly string[]): CommandLine {
  const options = [...optionList, ...(command.options ?? [])];
  // The name of a flag as the subject of \`help\` is none of its own flags.
  const place = command.takesFlag ? 0 : parseArguments(words, options, command.subject ? 1 : 0).free[0];
  if (place === undefined) return { command, subject: undefined, ...read(words, options) };
  return { command, subject: words[place], ...read(words.toSpliced(place, 1), options) };
}

function read(words: readonly string[], options: Parameters<typeof parseArguments>[1]) {
  const { values: flags, information, problems, warnings = [], blank = [] } = parseArguments(words, options);
  const kept = words.filter((_, index) => !blank.includes(index));
  return { words: kept, flags, information, problems, warnings };
}

function unknown(word: string, commands: readonly Command[]): string {
  const meant = closest(
    word,
    commands.map(({ name }) => name),
  );
  const remedy = meant === undefined ? "see help for all commands" : `did you mean ${meant}?`;
  return `unknown command ${quote(nameIn(word))}: ${remedy}`;
}
