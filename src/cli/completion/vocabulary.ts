import type { CommandHelp } from "../../config/help.ts";
import { INFORMATION_FLAGS, type Option, optionList } from "../../config/options.ts";
import { boolean, type ValueType } from "../../config/values.ts";

/** A flag as a shell has to know it. */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  readonly help: string;
  /** Whether the next word is its value. */
  readonly takesWord: boolean;
  /** Values to offer. */
  readonly words: readonly string[];
}

/** A command as a shell has to know it. */
export interface CommandWords {
  readonly name: string;
  readonly help: string;
  /** Words to offer after its name. */
  readonly subjects: readonly string[];
  /** Flags of its own, besides those of the service. */
  readonly flags: readonly Flag[];
}

/** Everything that can be typed. */
export interface Vocabulary {
  readonly commands: readonly CommandWords[];
  /** Flags that go with every command and with none. */
  readonly flags: readonly Flag[];
}

export function vocabularyOf(commands: readonly CommandHelp[]): Vocabulary {
  const information = INFORMATION_FLAGS.map((name) => {
    return { name, help: INFORMATION_HELP[name], takesWord: false, words: [] };
  });
  return {
    commands: commands.map(({ name, help, subject, options = [] }) => {
      return { name, help, subjects: subject?.words ?? [], flags: options.map(flagOf) };
    }),
    flags: [...optionList.map(flagOf), ...information],
  };
}

/** Every flag of every command, each name once. */
export function allFlags({ commands, flags }: Vocabulary): readonly Flag[] {
  const all = [...flags, ...commands.flatMap((command) => command.flags)];
  return [...new Map(all.map((flag) => [flag.name, flag])).values()];
}

/** Names of the flags whose value is the next word. */
export function namesWithValue(flags: readonly Flag[]): readonly string[] {
  return flags.filter(({ takesWord }) => takesWord).map(({ name }) => name);
}

const INFORMATION_HELP = { help: "print all flags and exit", version: "print the version and exit" } as const;

function flagOf({ flag, help, type }: Option<unknown>): Flag {
  const { words = [] } = type as ValueType<unknown>;
  return { name: flag, help: help.replaceAll("`", ""), takesWord: type !== boolean, words };
}

/** Flags grouped by the values that they offer; those that offer none are left out. */
export function byWords(flags: readonly Flag[]): readonly { readonly names: string[]; readonly words: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, words } of flags) {
    if (words.length > 0) groups.set(words.join(" "), [...(groups.get(words.join(" ")) ?? []), name]);
  }
  return [...groups].map(([words, names]) => ({ names, words: words.split(" ") }));
}
