import { expect } from "bun:test";

import fc from "fast-check";

import { parseArguments } from "../../src/config/arguments.ts";
import { type Option, optionList, variableOf } from "../../src/config/options.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { failureText } from "../../src/text/failure.ts";
import { anyText, mutated, nasty } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
const SECRET = "S3cr3tS3cr3t";

type Texts = Record<string, string>;

/** All problems or warnings that a command line and an environment give. */
function messagesOf(words: readonly string[], environment: Texts = {}, files: Texts = {}): string[] {
  const { values, problems } = parseArguments(words);
  const readFile = (path: string): string => {
    if (!Object.hasOwn(files, path)) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return files[path]!;
  };
  const parsed = parseConfig(values, { environment, readFile });
  return [...problems, ...(parsed.ok ? parsed.warnings.map(failureText) : parsed.problems)];
}

const GOOD = [
  "1",
  "9999",
  "/",
  "/health",
  "http",
  "https",
  "1s",
  "250ms",
  "1m30s",
  "10.0.0.1",
  "10.0.0.9",
  "sweden=10.0.0.1,weight=2,tier=1",
  "lte=10.9.0.1",
  "192.168.0.0/16",
  "default",
  "0.0.0.0/0",
  "dynudns",
  "gw.example.com",
  "https://api.example.com/v2",
  "true",
  "false",
  "all",
  "::1",
  "text",
  "debug",
  "keep",
  "/usr/bin/notify -x 'a b'",
] as const;

const flagName = fc.constantFrom("help", "version", "h", ...optionList.map(({ flag }) => flag));
const flagLike = fc.oneof({ weight: 4, arbitrary: flagName }, { weight: 1, arbitrary: mutated(flagName, 2) });
const value = fc.oneof(mutated(fc.constantFrom(...GOOD), 2), anyText);
const dashes = fc.constantFrom("-", "--", "---", "", "\u2013");
const word = fc.oneof(
  value,
  fc.tuple(dashes, flagLike).map(([start, flag]) => `${start}${flag}`),
  fc.tuple(dashes, flagLike, value).map(([start, flag, text]) => `${start}${flag}=${text}`),
  fc.constantFrom("--", "check", "status", "service", "systemd"),
);
const variable = fc.oneof(
  fc.constantFrom(...optionList.flatMap((option) => [variableOf(option), `${variableOf(option)}_FILE`])),
  mutated(fc.constantFrom(...optionList.map(variableOf)), 2),
  nasty,
);
const environment = fc.dictionary(variable, value, { maxKeys: 4 });

fuzz(
  "command line: messages about any arguments and variables have limited length and no control characters",
  fc.record({ words: fc.array(word, { maxLength: 12 }), environment }),
  ({ words, environment }) => {
    for (const message of messagesOf(words, environment)) {
      expect(message).not.toMatch(CONTROL);
      expect(message.trim()).not.toBe("");
      expect(message.length).toBeLessThan(2000);
    }
  },
  { runs: 500 },
);

function partsOf({ repeatable }: Option<unknown>, text: string): string[] {
  if (repeatable === "commas") return text.split(",").map((part) => part.trim());
  return repeatable === "spaces" ? text.trim().split(/\s+/) : [text];
}

fuzz(
  "command line: each invalid value is one problem that begins with its flag or variable",
  fc.record({
    option: fc.constantFrom(...optionList),
    text: value.filter((text) => text !== ""),
    inFlag: fc.boolean(),
  }),
  ({ option, text, inFlag }) => {
    const name = inFlag ? `-${option.flag}` : variableOf(option);
    const parts = partsOf(option, text);
    const bad = parts.filter((part) => !option.type.parse(part).ok);
    const messages = inFlag ? messagesOf([`-${option.flag}=${text}`]) : messagesOf([], { [name]: text });
    expect(
      messages.filter((message) => message.startsWith(`${name} `) && message.includes(": expected ")),
    ).toHaveLength(bad.length);
  },
  { runs: 500 },
);

const secretOption = fc.constantFrom(...optionList.filter(({ secret }) => secret));
const around = fc.tuple(
  fc.oneof(fc.constant(""), nasty, fc.string({ maxLength: 5 })),
  fc.constantFrom("", "@", "/", "\n", " x"),
);

fuzz(
  "command line: no message shows a secret, wherever it is given and whatever surrounds it",
  fc.record({
    option: secretOption,
    around,
    words: fc.array(word, { maxLength: 4 }),
    source: fc.constantFrom("flag", "word", "variable", "file"),
  }),
  ({ option, around: [before, after], words, source }) => {
    const text = `${before}${SECRET}${after}`;
    const name = variableOf(option);
    const messages = {
      flag: () => messagesOf([...words, `-${option.flag}=${text}`]),
      word: () => messagesOf([`-${option.flag}`, text, ...words]),
      variable: () => messagesOf(words, { [name]: text }),
      file: () => messagesOf(words, { [`${name}_FILE`]: "/secret" }, { "/secret": text }),
    }[source as "flag" | "word" | "variable" | "file"]();
    expect(messages.join("\n")).not.toContain(SECRET);
  },
  { runs: 500 },
);
