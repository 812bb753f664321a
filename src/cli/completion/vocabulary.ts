import { type CommandHelp, INFORMATION_HELP } from "../../config/help.ts";
import { INFORMATION_FLAGS, type Option, optionList } from "../../config/options.ts";
import { boolean, filePath, type ValueType } from "../../config/values.ts";
import { TOPICS } from "../../guide/topics.ts";

/** The flag of commands that can be about one of several pools. */
const POOL_FLAG = "pool";

/** What a shell needs about a flag. */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  readonly help: string;
  /** Whether the next word is its value. */
  readonly takesWord: boolean;
  /** Values to offer. */
  readonly words: readonly string[];
  /** Whether files are to be offered. */
  readonly files?: boolean;
  /** Whether the names of the pools are to be offered. */
  readonly pools?: boolean;
}

/** What a shell needs about a command. */
export interface CommandWords {
  readonly name: string;
  readonly help: string;
  /** Words to offer after its name. */
  readonly subjects: readonly string[];
  /** Whether the program lists them (-list), since they are those of the running service. */
  readonly listsSubjects: boolean;
  /** Flags of its own, besides those of the service. */
  readonly flags: readonly Flag[];
}

/** Everything that can be typed. */
export interface Vocabulary {
  readonly commands: readonly CommandWords[];
  /** Flags of every command, and of the service. */
  readonly flags: readonly Flag[];
}

export function vocabularyOf(commands: readonly CommandHelp[]): Vocabulary {
  const information = INFORMATION_FLAGS.map((name) => {
    return { name, help: INFORMATION_HELP[name], takesWord: false, words: [] };
  });
  return {
    commands: commands.map(({ name, help, subject, options = [] }) => {
      const subjects = name === "help" ? helpWords(commands) : (subject?.words ?? []);
      const listsSubjects = options.some(({ flag }) => flag === "list");
      return { name, help, subjects, listsSubjects, flags: options.map(flagOf) };
    }),
    flags: [...optionList.map(flagOf), ...information],
  };
}

/** The words that `help` explains, besides flags. */
function helpWords(commands: readonly CommandHelp[]): string[] {
  return [...new Set([...TOPICS.map(([topic]) => topic), ...commands.map(({ name }) => name)])];
}

/** Flags that say which service is meant, and where its gateways and pools are. */
export const PLACING = ["config", "control-socket", "first-routing-table-id"];

/**
 * What lists the words after a command: the running service, or else the configuration.
 *
 * @param ask the function of the script that runs the program with the flags above, as far as the line has them
 */
export function listing({ name }: CommandWords, ask: string): string {
  return `${ask} ${name} -list || ${ask} print gateways`;
}

/** Names of the flags whose value is a pool. */
export function namesWithPools(flags: readonly Flag[]): readonly string[] {
  return flags.filter(({ pools }) => pools).map(({ name }) => name);
}

/** Every flag of every command, each name once. */
export function allFlags({ commands, flags }: Vocabulary): readonly Flag[] {
  const all = [...flags, ...commands.flatMap((command) => command.flags)];
  return [...new Map(all.map((flag) => [flag.name, flag])).values()];
}

/** Names of the flags whose value is a file. */
export function namesWithFiles(flags: readonly Flag[]): readonly string[] {
  return flags.filter(({ files }) => files).map(({ name }) => name);
}

/** Names of the flags whose value is the next word. */
export function namesWithValue(flags: readonly Flag[]): readonly string[] {
  return flags.filter(({ takesWord }) => takesWord).map(({ name }) => name);
}

function flagOf({ flag, help, type }: Option<unknown>): Flag {
  const { words = [] } = type as ValueType<unknown>;
  const files = type === filePath;
  const kind = { ...(files && { files }), ...(flag === POOL_FLAG && { pools: true }) };
  return { name: flag, help: help.replaceAll("`", ""), takesWord: type !== boolean, words, ...kind };
}

/** The flags grouped by the values that they offer, without those that offer none. */
export function byWords(flags: readonly Flag[]): readonly { readonly names: string[]; readonly words: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, words } of flags) {
    if (words.length > 0) groups.set(words.join(" "), [...(groups.get(words.join(" ")) ?? []), name]);
  }
  return [...groups].map(([words, names]) => ({ names, words: words.split(" ") }));
}
