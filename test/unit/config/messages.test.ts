import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { parseConfig } from "../../../src/config/parse.ts";

const GOOD_RANGE = ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2"];

/** Every problem of a command line, as the program prints them. */
function problemsOf(words: readonly string[]): readonly string[] {
  const { values, problems } = parseArguments(words);
  const parsed = parseConfig(values, { environment: {}, readFile: () => "" });
  return [...problems, ...(parsed.ok ? [] : parsed.problems)];
}

/** Flag, bad value, what the message has to say about what was expected. */
const BAD: readonly (readonly [string, string, string])[] = [
  ["-start-ip", "10.0.0.256", "an IPv4 address"],
  ["-end-ip", "gateway.local", "an IPv4 address"],
  ["-gateway", "sweden", "an IPv4 address"],
  ["-port", "0", "from 1 to 65535"],
  ["-path", "health", '"/health"'],
  ["-path", "/a b", "URL path"],
  ["-scheme", "ftp", "http or https"],
  ["-timeout", "5", "did you mean 5s?"],
  ["-timeout", "soon", "a duration"],
  ["-timeout", "-1s", "a duration"],
  ["-check-period", "3000000h", "a duration"],
  ["-rise", "0", "a whole number from 1"],
  ["-fall", "many", "a whole number from 1"],
  ["-route", "everything", "an IPv4 network"],
  ["-route", "10.0.0.0/33", "an IPv4 network"],
  ["-route", "", "an IPv4 network"],
  ["-exclude-cidr", "1.2.3.4", "1.2.3.4/32"],
  ["-exclude-cidr", "::1/129", "an IPv4 network"],
  ["-exclude-reserved-cidrs", "yes", "true or false"],
  ["-first-routing-table-id", "4294967296", "a whole number from 1"],
  ["-first-rule-preference", "32766", "a whole number from 1"],
  ["-ddns-provider", "duckdns", "dynudns"],
  ["-ddns-hostname", "https://a.example", "a host name"],
  ["-ddns-timeout", "60", "did you mean 60s?"],
  ["-ddns-record-ttl", "1500ms", "whole seconds"],
  ["-ddns-require-ip-address", "eth0", "an IPv4 address"],
  ["-public-ip-service-hostname", "a.example:80", "a host name"],
  ["-public-ip-service-port", "65536", "from 1 to 65535"],
  ["-public-ip-service-scheme", "tcp", "http or https"],
  ["-public-ip-service-path", "a b", "URL path"],
  ["-metrics-port", "http", "from 1 to 65535"],
  ["-metrics-address", "localhost", "an address"],
  ["-log-level", "verbose", "debug, info, warn or error"],
  ["-log-format", "xml", "auto, text, logfmt or json"],
];

describe("a bad value", () => {
  test.each(BAD)("%s=%s: one problem names flag, value and what was expected", (flag, value, expected) => {
    const required = GOOD_RANGE.includes(flag) ? GOOD_RANGE.toSpliced(GOOD_RANGE.indexOf(flag), 2) : GOOD_RANGE;
    const problems = problemsOf([...required, `${flag}=${value}`]).filter(
      (problem) => !problem.startsWith("-ddns-provider dyn"),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]!.startsWith(`${flag} `)).toBe(true);
    expect(problems[0]).toContain(JSON.stringify(value));
    expect(problems[0]).toContain(expected);
  });

  test("of a list is named alone", () => {
    const problems = problemsOf([...GOOD_RANGE, "-route", "1.0.0.0/8,nonsense,2.0.0.0/8"]);
    expect(problems).toEqual([expect.stringContaining('-route "nonsense"')]);
  });

  test("several of a list are all named", () => {
    const problems = problemsOf([...GOOD_RANGE, "-exclude-cidr", "a,1.0.0.0/8", "-exclude-cidr", "b"]);
    expect(problems).toEqual([expect.stringContaining('"a"'), expect.stringContaining('"b"')]);
  });
});

describe("all problems at once", () => {
  test("one of each kind, faults of form and of value", () => {
    const words = ["stray", "-prot", "1", "-port", "x", "-scheme", "y", "-timeout", "2s", "-check-period", "1s"];
    const told = problemsOf([...words, "-ddns-provider", "dynudns", "-public-ip-service-username", "u", "-path"]);
    for (const word of ['"stray"', '"-prot"', "-port", "-scheme", "-timeout", "-ddns-password", "-ddns-hostname"]) {
      expect(told).toContainEqual(expect.stringContaining(word));
    }
    for (const word of ["-start-ip", "-end-ip", "-public-ip-service-password", "-path"]) {
      expect(told).toContainEqual(expect.stringContaining(word));
    }
    expect(told).toHaveLength(10);
  });

  test("every bad value of the table above, given together", () => {
    const single = BAD.filter(([flag], index) => BAD.findIndex(([other]) => other === flag) === index);
    const problems = problemsOf(single.map(([flag, value]) => `${flag}=${value}`));
    expect(problems).toHaveLength(single.length);
    for (const [flag] of single) expect(problems.filter((problem) => problem.startsWith(`${flag} `))).toHaveLength(1);
  });

  test("each is one line", () => {
    for (const problem of problemsOf(BAD.map(([flag, value]) => `${flag}=${value}`)))
      expect(problem).not.toContain("\n");
  });
});
