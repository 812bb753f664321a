import { distance } from "fastest-levenshtein";

import { findOption, INFORMATION_FLAGS, type Option, optionList } from "./options.ts";
import { boolean } from "./values.ts";

/** A command line taken apart, before any value is judged. */
export interface Arguments {
  /** Text of each flag given, by flag name; the texts of a repeatable flag are joined with commas. */
  readonly values: Readonly<Record<string, string>>;
  /** `-help` or `-version`, whichever came first. */
  readonly information: (typeof INFORMATION_FLAGS)[number] | undefined;
  /** Every fault of form, one sentence each. */
  readonly problems: readonly string[];
}

const ALIASES: Readonly<Record<string, string>> = { h: "help" };

/**
 * Takes a command line apart by the rules of Go's flag package: one or two dashes, `-name value` or `-name=value`,
 * booleans that never take the next word, and `--` as the end.
 *
 * A word that may be a secret (it follows an unknown or a secret flag) never enters a problem's text.
 */
export function parseArguments(words: readonly string[]): Arguments {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  let information: Arguments["information"];
  let mayBeSecret = false;
  let lastBoolean: string | undefined;

  const store = (option: Option<unknown>, text: string): void => {
    const before = values[option.flag];
    values[option.flag] = option.repeatable && before !== undefined ? `${before},${text}` : text;
    mayBeSecret = option.secret === true;
  };
  const stray = (word: string): void => {
    if (lastBoolean && boolean.parse(word).ok) {
      problems.push(`stray word ${quote(word)}: a boolean takes its value with "=", as in -${lastBoolean}=${word}`);
      return;
    }
    problems.push(`stray word ${mayBeSecret ? "after a secret (not shown)" : quote(word)}: every value needs its flag`);
    mayBeSecret = false;
  };

  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--") {
      words.slice(index + 1).forEach(stray);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      stray(word);
      continue;
    }
    const [, dashes, given, , inline] = /^(--?)([^=]*)(=(.*))?$/s.exec(word)!;
    const name = ALIASES[given!] ?? given!;
    lastBoolean = undefined;
    if (name === "" || name.startsWith("-")) {
      problems.push(`${quote(dashes + name)} is not a flag: a name has to follow one or two dashes`);
      continue;
    }
    const asked = INFORMATION_FLAGS.find((flag) => flag === name);
    const option = findOption(name);
    if (asked) {
      const answer = boolean.parse(inline ?? "true");
      if (!answer.ok) problems.push(`-${name} ${quote(inline!)}: expected ${answer.expected}`);
      else if (answer.value) information ??= asked;
    } else if (!option) {
      problems.push(unknownFlag(name));
      // The next word is most likely this flag's value: calling it stray as well would only confuse, or show a password.
      if (inline === undefined && isValue(words[index + 1])) index++;
      mayBeSecret = true;
    } else if (inline !== undefined) {
      store(option, inline);
    } else if (option.type === boolean) {
      store(option, "true");
      lastBoolean = name;
    } else if (index + 1 < words.length) {
      store(option, words[++index]!);
    } else {
      problems.push(`-${name}: a value is missing; expected ${option.type.placeholder}`);
    }
  }
  return { values, information, problems };
}

/** A text in quotes, with control characters escaped so that it cannot break the line or the terminal. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function isValue(word: string | undefined): boolean {
  return word !== undefined && (!word.startsWith("-") || word === "-");
}

function unknownFlag(name: string): string {
  const closest = optionList
    .map((option) => ({ flag: option.flag, far: distance(name, option.flag) }))
    .sort((a, b) => a.far - b.far)[0]!;
  const remedy = closest.far <= 3 ? `did you mean -${closest.flag}?` : "see -help for all flags";
  return `unknown flag ${quote(`-${name}`)}: ${remedy}`;
}
