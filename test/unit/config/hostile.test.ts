import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { parseArguments } from "../../../src/config/arguments.ts";
import { optionList, variableOf } from "../../../src/config/options.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { failureText } from "../../../src/text/failure.ts";

/** Control characters, and the separators that some programs take for line ends. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const NASTY = "/a\nb\r\x1b[31m\x00\x7f\x9b\u2028";

type Environment = Record<string, string>;

/** Every sentence about a command line and an environment, whether problem or warning. */
function told(words: readonly string[], environment: Environment = {}, readFile = (): string => ""): string[] {
  const { values, problems } = parseArguments(words);
  const parsed = parseConfig(values, { environment, readFile });
  return [...problems, ...(parsed.ok ? parsed.warnings.map(failureText) : parsed.problems)];
}

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("", "-", "--", NASTY, "\ud800"));
const anyFlag = fc.constantFrom("help", "version", "nonsense", ...optionList.map(({ flag }) => flag));
const anyWord = fc.oneof(
  anyText,
  anyFlag.map((flag) => `-${flag}`),
  fc
    .tuple(fc.constantFrom("-", "--", "---"), anyFlag, anyText)
    .map(([dashes, flag, text]) => `${dashes}${flag}=${text}`),
);

describe("any words", () => {
  test("never throw, and no control character gets out", () => {
    fc.assert(
      fc.property(fc.array(anyWord), (words) => {
        for (const sentence of told(words)) expect(sentence).not.toMatch(CONTROL);
      }),
      { numRuns: 500 },
    );
  });

  test("give only known flags", () => {
    const known = new Set(optionList.map(({ flag }) => flag));
    fc.assert(
      fc.property(fc.array(anyWord), (words) => {
        for (const flag of Object.keys(parseArguments(words).values)) expect(known.has(flag)).toBe(true);
      }),
    );
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"])(
    "-%s is an unknown flag like any other",
    (name) => {
      for (const word of [`-${name}`, `--${name}=x`]) {
        expect(parseArguments([word]).problems).toEqual([expect.stringContaining(`unknown flag "-${name}"`)]);
      }
    },
  );

  test("of great length are survived", () => {
    const long = "x".repeat(200_000);
    expect(
      told([long, `-${long}`, `-path=${long}`, `-port=${long}`, `-route=${"1.0.0.0/8,".repeat(20_000)}`]),
    ).not.toEqual([]);
  });
});

describe("control characters in a bad value never get out", () => {
  test.each(optionList.map((option) => [option.flag, option] as const))("of -%s", (flag, option) => {
    for (const value of [NASTY, NASTY.slice(1)]) {
      for (const sentence of told([`-${flag}=${value}`])) expect(sentence).not.toMatch(CONTROL);
      for (const sentence of told([], { [variableOf(option)]: value })) expect(sentence).not.toMatch(CONTROL);
    }
  });

  test("of the path of a secret's file, nor of the reason why it can't be read", () => {
    const readFile = (): never => {
      throw new Error(`ENOENT: no such file or directory, open '${NASTY}'`);
    };
    const sentences = told([], { GRM_DDNS_PASSWORD_FILE: NASTY }, readFile);
    expect(sentences.join()).toContain("GRM_DDNS_PASSWORD_FILE");
    for (const sentence of sentences) expect(sentence).not.toMatch(CONTROL);
  });

  test("of the name of an unknown variable", () => {
    const environment = { GRM_START_IP: "10.0.0.1", GRM_END_IP: "10.0.0.1", "GRM_\x1b[31m\nX": "x" };
    const sentences = told([], environment);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).not.toMatch(CONTROL);
  });
});

describe("an environment of any names and texts", () => {
  test("never throws", () => {
    const names = fc.oneof(anyText, fc.constantFrom("__proto__", "GRM_", ...optionList.map(variableOf)));
    fc.assert(fc.property(fc.dictionary(names, anyText), (environment) => void told([], environment)));
  });
});
