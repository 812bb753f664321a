import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";

/** The values of a command line that must have no fault of form. */
function valuesOf(...words: string[]): Readonly<Record<string, string>> {
  const { values, problems } = parseArguments(words);
  expect(problems).toEqual([]);
  return values;
}

describe("a flag and its value", () => {
  test.each([
    ["-name value", ["-port", "8080"]],
    ["-name=value", ["-port=8080"]],
    ["--name value", ["--port", "8080"]],
    ["--name=value", ["--port=8080"]],
  ])("%s", (_, words) => {
    expect(valuesOf(...words)).toEqual({ port: "8080" });
  });

  test.each([
    ["an equals sign", ["-path=/a?b=c"], "/a?b=c"],
    ["an equals sign in front", ["-path==x"], "=x"],
    ["nothing", ["-path="], ""],
    ["nothing, as a word of its own", ["-path", ""], ""],
    ["a line break", ["-path=/a\nb"], "/a\nb"],
    ["what looks like a flag", ["-path", "-port"], "-port"],
    ["two dashes", ["-path", "--"], "--"],
    ["a dash", ["-path", "-"], "-"],
  ])("the value may be %s", (_, words, value) => {
    expect(valuesOf(...words)).toEqual({ path: value });
  });

  test("names are case-sensitive, as in Go", () => {
    expect(parseArguments(["-Port", "8080"]).values).toEqual({});
    expect(parseArguments(["-Port", "8080"]).problems).toHaveLength(1);
  });

  test("of a flag given several times, the last one wins", () => {
    expect(valuesOf("-port", "1", "--port=2", "-port=3")).toEqual({ port: "3" });
  });

  test("an empty command line gives nothing", () => {
    expect(parseArguments([])).toEqual({ values: {}, free: [], information: undefined, problems: [] });
  });
});

describe("a repeatable flag", () => {
  test.each(["route", "exclude-cidr"])("-%s keeps every value in order, given apart or separated by commas", (flag) => {
    const words = [`-${flag}`, "1.0.0.0/8", `--${flag}=2.0.0.0/8,3.0.0.0/8`, `-${flag}`, "4.0.0.0/8"];
    expect(valuesOf(...words)).toEqual({ [flag]: "1.0.0.0/8,2.0.0.0/8,3.0.0.0/8,4.0.0.0/8" });
  });
});

describe("a boolean flag", () => {
  test.each(["-exclude-reserved-cidrs", "--exclude-reserved-cidrs"])("%s alone means true", (word) => {
    expect(valuesOf(word)).toEqual({ "exclude-reserved-cidrs": "true" });
  });

  test("takes a value after an equals sign", () => {
    expect(valuesOf("-exclude-reserved-cidrs=false")).toEqual({ "exclude-reserved-cidrs": "false" });
  });

  test.each(["true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False"])(
    "never takes the next word, not even %s",
    (word) => {
      const { values, problems } = parseArguments(["-exclude-reserved-cidrs", word, "-port", "1"]);
      expect(values).toEqual({ "exclude-reserved-cidrs": "true", port: "1" });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`"${word}"`);
      expect(problems[0]).toContain(`-exclude-reserved-cidrs=${word}`);
    },
  );

  test("leaves a flag after it alone", () => {
    expect(valuesOf("-exclude-reserved-cidrs", "-port", "80")).toEqual({
      "exclude-reserved-cidrs": "true",
      port: "80",
    });
  });
});

describe("two dashes alone", () => {
  test("end the flags: what follows is never one", () => {
    const { values, problems } = parseArguments(["-port", "1", "--", "-path", "/x"]);
    expect(values).toEqual({ port: "1" });
    expect(problems).toHaveLength(2);
  });

  test("are no fault at the end", () => {
    expect(valuesOf("-port", "1", "--")).toEqual({ port: "1" });
  });

  test("hide a -help behind them", () => {
    expect(parseArguments(["--", "-help"]).information).toBeUndefined();
  });
});

describe("asking for information", () => {
  test.each([
    ["-h", "help"],
    ["--h", "help"],
    ["-help", "help"],
    ["--help", "help"],
    ["-help=true", "help"],
    ["-version", "version"],
    ["--version", "version"],
  ] as const)("%s", (word, asked) => {
    expect(parseArguments([word])).toEqual({ values: {}, free: [], information: asked, problems: [] });
  });

  test.each(["-help=false", "-h=0", "-version=F"])("%s asks for nothing", (word) => {
    expect(parseArguments([word])).toEqual({ values: {}, free: [], information: undefined, problems: [] });
  });

  test("works in the middle of other flags and beside faults", () => {
    expect(parseArguments(["-port", "1", "-help", "-nonsense"]).information).toBe("help");
  });

  test("does not happen when the word is a value", () => {
    expect(parseArguments(["-path", "-help"]).information).toBeUndefined();
  });

  test("of -help and -version the first counts", () => {
    expect(parseArguments(["-version", "-help"]).information).toBe("version");
    expect(parseArguments(["-help", "-version"]).information).toBe("help");
  });

  test("-help=maybe is a fault", () => {
    const { information, problems } = parseArguments(["-help=maybe"]);
    expect(information).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(/-help.*"maybe".*true or false/)]);
  });
});
