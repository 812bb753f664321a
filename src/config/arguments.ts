import { INFORMATION_FLAGS, type Option, optionList, SEPARATORS } from "./options.ts";
import { closest } from "../text/closest.ts";
import { quote } from "../text/escape.ts";
import { boolean } from "./values.ts";
import type { Warning } from "./warning-rules.ts";

/** A command line in its parts, before any value is checked. */
export interface Arguments {
  /** Text of each flag given, by flag name; the texts of a repeatable flag are joined as one text may hold several values. */
  readonly values: Readonly<Record<string, string>>;
  /** Places in the command line of the words that belong to no flag, as many of them as may be given. */
  readonly free: readonly number[];
  /** `-help` or `-version`, whichever came first. */
  readonly information: (typeof INFORMATION_FLAGS)[number] | undefined;
  /** Every fault of form, one sentence each, without any word that may be a secret. */
  readonly problems: readonly string[];
  /** What is left out of the command line; absent where nothing is. */
  readonly warnings?: readonly Warning[];
  /** The indexes of the words that are left out; absent where none are. */
  readonly blank?: readonly number[];
}

const BLANK_WORD: Warning = {
  detail:
    "the command line has a blank word, which is left out: a backslash makes one of a space behind it, and the command ends at that line",
  remedy: "remove what follows the backslash, such as a comment, or the quotes around an empty variable",
};

/**
 * Parses a command line by the rules of Go's flag package: one or two dashes, `-name value` or `-name=value`,
 * booleans that never take the next word, and `--` as the end.
 *
 * @param options every flag that may be given
 * @param mostFree how many words may belong to no flag, such as the name of a command
 */
export function parseArguments(
  words: readonly string[],
  options: readonly Option<unknown>[] = optionList,
  mostFree = 0,
): Arguments {
  const values = new Map<string, string>();
  const free: number[] = [];
  const problems: string[] = [];
  const unexpected = new UnexpectedArguments();
  const blank: number[] = [];
  const findOption = (name: string): Option<unknown> | undefined => options.find(({ flag }) => flag === name);
  let information: Arguments["information"];

  const take = (index: number): void => {
    if (words[index]!.trim() === "") {
      blank.push(index);
      return;
    }
    const stray = free.length < mostFree ? unexpected.valueProblem(words[index]!) : unexpected.problemOf(words[index]!);
    if (stray === undefined) free.push(index);
    else problems.push(stray);
  };
  const store = (option: Option<unknown>, text: string): void => {
    const before = values.get(option.flag);
    const separator = option.repeatable && SEPARATORS[option.repeatable];
    values.set(option.flag, separator && before !== undefined ? `${before}${separator}${text}` : text);
    unexpected.follow(option, text);
  };

  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--") {
      while (++index < words.length) take(index);
      break;
    }
    const flag = readFlag(word);
    if (!flag) {
      take(index);
      continue;
    }
    const { name, inline } = flag;
    const asked = INFORMATION_FLAGS.find((one) => one === name || one[0] === name);
    const option = findOption(name);
    if (name === "" || name.startsWith("-")) {
      problems.push(`${quote(shown(word))} is not a flag: a name must follow one or two dashes`);
      unexpected.followUnknown(name);
    } else if (asked) {
      const answer = boolean.parse(inline ?? "true");
      if (!answer.ok) problems.push(`-${name} ${quote(inline!)}: expected ${answer.expected}`);
      else if (answer.value) information ??= asked;
    } else if (!option) {
      problems.push(unknownFlag(name, options));
      unexpected.followUnknown(name);
      // The next word is most likely this flag's value: to call it stray as well would only confuse.
      if (inline === undefined && isValueOf(name, words[index + 1], findOption)) index++;
    } else if (inline !== undefined) {
      store(option, inline);
    } else if (option.type === boolean) {
      store(option, "true");
    } else if (index + 1 < words.length) {
      store(option, words[++index]!);
    } else {
      problems.push(`-${name}: a value is missing; expected ${option.type.placeholder}`);
    }
  }
  const leftOut = blank.length > 0 ? { warnings: [BLANK_WORD], blank } : {};
  return { values: Object.fromEntries(values), free, information, problems, ...leftOut };
}

/** The parts of a word that starts with a dash: what follows one or two dashes, and what follows the first `=`. */
function readFlag(word: string): { name: string; inline: string | undefined } | undefined {
  if (!word.startsWith("-") || word === "-") return undefined;
  const [, name, , inline] = /^--?([^=]*)(=(.*))?$/s.exec(word)!;
  return { name: name!, inline };
}

/** Whether a text holds a word that a secret may follow. */
export const looksSecret = (text: string): boolean => /pas+w|secret|token|key|web-?hook/i.test(text);

/** A word as messages may show it: what follows a name like a password's may be one. */
export const nameIn = (word: string): string => (looksSecret(word) ? shown(word) : word);

/** Words that belong to no flag. Messages show them, unless the words before make them a possible part of a secret. */
class UnexpectedArguments {
  #maybeSecret = false;
  #boolean: string | undefined;

  follow({ flag, secret, type }: Option<unknown>, text: string): void {
    this.#maybeSecret = secret === true || looksSecret(text);
    this.#boolean = type === boolean ? flag : undefined;
  }

  followUnknown(name: string): void {
    this.#maybeSecret ||= looksSecret(name);
    this.#boolean = undefined;
  }

  /** The problem of a word that was meant as the value of the boolean before it. */
  valueProblem(word: string): string | undefined {
    const after = this.#boolean;
    this.#boolean = undefined;
    if (after === undefined || !boolean.parse(word).ok) return undefined;
    return `unexpected argument ${quote(word)}: a boolean takes its value after "=", as in -${after}=${word}`;
  }

  problemOf(word: string): string {
    const meant = this.valueProblem(word);
    if (meant !== undefined) return meant;
    const named = this.#maybeSecret ? "(not shown, it may be part of a secret)" : quote(nameIn(word));
    this.#maybeSecret ||= looksSecret(word);
    return `unexpected argument ${named}: every value needs a flag before it`;
  }
}

/** Whether the word after an unknown flag is its value. What follows a flag like a password's is, even with a dash. */
function isValueOf(name: string, word: string | undefined, find: (name: string) => unknown): boolean {
  const flag = word === undefined ? undefined : readFlag(word);
  if (word === undefined || word === "--") return false;
  return !flag || (looksSecret(name) && !find(flag.name));
}

/** The part of an unknown flag that can only be its name: a secret may be glued to it. */
function shown(word: string): string {
  return /^-{0,9}[\w-]{0,60}/.exec(word)![0];
}

function unknownFlag(name: string, options: readonly Option<unknown>[]): string {
  const clean = shown(name);
  const meant = closest(
    clean,
    options.map(({ flag }) => flag),
  );
  const remedy = meant === undefined ? "see -help for all flags" : `did you mean -${meant}?`;
  return `unknown flag ${quote(`-${clean}`)}: ${remedy}`;
}
