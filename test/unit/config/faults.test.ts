import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { quote } from "../../../src/text/escape.ts";

const problemsOf = (...words: string[]): readonly string[] => parseArguments(words).problems;

describe("an unknown flag", () => {
  test.each([
    ["-prot", "-port"],
    ["--start-up", "-start-ip"],
    ["-check-peroid", "-check-period"],
    ["-exclude-cidrs", "-exclude-cidr"],
    ["-log_level", "-log-level"],
    ["-Timeout", "-timeout"],
  ])("%s: %s is suggested", (word, suggestion) => {
    const problems = problemsOf(word, "x");
    expect(problems).toEqual([expect.stringContaining(`did you mean ${suggestion}?`)]);
  });

  test("is named", () => {
    expect(problemsOf("--prot=80")).toEqual([expect.stringContaining('"-prot"')]);
  });

  test("far from every flag leads to -help", () => {
    const [problem] = problemsOf("-frobnicate");
    expect(problem).toContain('"-frobnicate"');
    expect(problem).toContain("-help");
    expect(problem).not.toContain("did you mean");
  });

  test("takes its value along: one fault, one problem", () => {
    expect(problemsOf("-prot", "8080", "-path", "/x")).toHaveLength(1);
    expect(parseArguments(["-prot", "8080", "-path", "/x"]).values).toEqual({ path: "/x" });
  });

  test("does not take the next flag along", () => {
    expect(parseArguments(["-prot", "-path", "/x"]).values).toEqual({ path: "/x" });
  });

  test("with its value after an equals sign does not take the next word", () => {
    expect(problemsOf("-prot=8080", "word")).toHaveLength(2);
  });
});

describe("a missing value", () => {
  test.each(["-port", "--start-ip", "-check-period", "-exclude-cidr", "-ddns-password"])("at the end: %s", (word) => {
    const { problems, values } = parseArguments(["-path", "/x", word]);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`${word.replace(/^--?/, "-")}: .*missing.*expected`))]);
    expect(values).toEqual({ path: "/x" });
  });

  test("is not held against a boolean", () => {
    expect(problemsOf("-exclude-reserved-cidrs")).toEqual([]);
  });
});

describe("an unexpected argument", () => {
  test.each([["start"], ["-"], ["10.0.0.1"], ["true"]])("%p is named", (word) => {
    expect(problemsOf(word)).toEqual([expect.stringMatching(/^unexpected argument /)]);
    expect(problemsOf(word)[0]).toContain(JSON.stringify(word));
  });

  test("does not end the flags, so that all faults show at once", () => {
    expect(parseArguments(["start", "-port", "80"]).values).toEqual({ port: "80" });
  });

  test("after a boolean is not called a value of it when it cannot be one", () => {
    expect(problemsOf("-exclude-reserved-cidrs", "start")[0]).not.toContain("-exclude-reserved-cidrs=start");
  });
});

describe("an unexpected argument that could be a boolean's value", () => {
  test("is not blamed on a boolean that stands further back", () => {
    const [problem] = problemsOf("-exclude-reserved-cidrs", "-port", "80", "true");
    expect(problem).toContain('"true"');
    expect(problem).not.toContain("-exclude-reserved-cidrs");
  });
});

describe("a word that only looks like a flag", () => {
  test.each(["-=x", "--=x", "---x", "---x=y", "----"])("%s", (word) => {
    const { problems, values } = parseArguments([word]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("is not a flag");
    expect(values).toEqual({});
  });
});

describe("several faults", () => {
  test("are all reported, in the order of the words", () => {
    expect(
      problemsOf("stray", "-prot", "80", "---x", "-help=maybe", "-exclude-reserved-cidrs", "false", "-port"),
    ).toEqual([
      expect.stringContaining('"stray"'),
      expect.stringContaining('"-prot"'),
      expect.stringContaining('"---x"'),
      expect.stringContaining('"maybe"'),
      expect.stringContaining('"false"'),
      expect.stringContaining("-port: "),
    ]);
  });
});

describe("quoting", () => {
  test.each([
    ["plain", '"plain"'],
    ["", '""'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a\nb\tc", '"a\\nb\\tc"'],
    ["\x1b[31m\x00", '"\\u001b[31m\\u0000"'],
    ["\x7f\x9b", '"\\u007f\\u009b"'],
    ["\u2028\u2029", '"\\u2028\\u2029"'],
    ["größe 🛰", '"größe 🛰"'],
  ])("%p", (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });
});
