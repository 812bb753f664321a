import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { frame } from "../../../../src/config/file/lines.ts";
import { parseToml, REMEDIES } from "../../../../src/config/file/syntax.ts";

/** The fault of a text as people read it. */
function faultOf(text: string): string {
  const parsed = parseToml(text);
  return parsed.ok ? "none" : frame("a.toml", text, parsed.at, parsed.detail);
}

describe("a fault of syntax", () => {
  test("is shown with its line, a mark and the remedy", () => {
    expect(faultOf('[probe.health]\ntype = "http"\nperiod = 1s\n').split("\n")).toEqual([
      'a.toml:3:11: not valid TOML: illegal character in numeric literal; write texts, such as durations and addresses, in quotation marks: "5s"',
      "   3 | period = 1s",
      "     |           ^",
    ]);
  });

  test.each([
    ["type = http", "invalid value", "quotation marks"],
    ["address = 10.0.0.1", "numeric literal", "quotation marks"],
    ["port = 099", "leading zero", "quotation marks"],
    ["port 99", "illegal character in key", "KEY = VALUE"],
    ["port", "cannot find end of key", "KEY = VALUE"],
    ["[service", "cannot find end of key", "KEY = VALUE"],
    ["= 5", "unexpected end of key", "write the name"],
    ["[a..b]", "empty bare key", "write the name"],
    ["[[pool]\nx = 1", "table array", "two brackets"],
    ["a = 1 b = 2", "end-of-line", "one key on each line"],
    ["a = [1 2]", "expected comma", "comma between two items"],
    ["a = [1,", "unfinished array", "write ]"],
    ["a = {b = 1,", "unfinished table", "write }"],
    ['a = "b', "unfinished string", "quotation mark"],
    ['a = "\\d"', "escape sequence", "single quotation marks"],
    ['a = "\u0001"', "control characters", "remove"],
    ["a = 99999999999999999999", "losslessly", "smaller number"],
    [`a = ${"[".repeat(30)}${"]".repeat(30)}`, "nested", "less nested"],
  ])("%j says %j and what to do", (text, reason, remedy) => {
    expect(faultOf(text)).toContain(reason);
    expect(faultOf(text)).toContain(remedy);
  });

  test.each([
    ["a = 1\n\na = 2", 'a.toml:3:1: "a" is already given in line 1;'],
    ["[a]\nx = 1\n[b]\n[a]", 'a.toml:4:2: "a" is already given in line 1;'],
    ["[probe.health]\n[probe.'health']", 'a.toml:2:2: "health" is already given in line 1;'],
    ["a.b = 1\na.b = 2", 'a.toml:2:1: "b" is already given in line 1;'],
    ["a = 1\n[a]", 'a.toml:2:2: "a" is already given in line 1;'],
    ["[a]\nb.c = 1\n[a.b]", 'a.toml:3:2: "b" is already given in line 2;'],
    ["a = { b = 1, b = 2 }", 'a.toml:1:14: "b" is already given in line 1;'],
    ["a = 1\nc = { b = 1, b = 2, = , '", 'a.toml:2:14: "b" is already given in line 2;'],
    ["[a]\n[a]\nb = 1 = 2\n= 3\n'", 'a.toml:2:2: "a" is already given in line 1;'],
    ["a = 1\na = 2\nwhat follows is = wrong", 'a.toml:2:1: "a" is already given in line 1;'],
  ])("%j names the line of the first one", (text, start) => {
    expect(faultOf(text)).toStartWith(start);
  });
});

test("every fault that the parser can find has its remedy", () => {
  const folder = join(import.meta.dir, "../../../../node_modules/smol-toml/dist");
  const code = readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  const reasons = [...code.matchAll(/TomlError\.x\((['`])(.*?)\1/g)].map((match) => match[2]!);
  const known = (reason: string): boolean =>
    REMEDIES.some(([pattern]) => pattern.test(reason)) ||
    reason.startsWith("trying to redefine") ||
    reason === "document contains an unsafe property"; // only where an option asks for it
  expect(reasons.length).toBeGreaterThan(25);
  expect(reasons.filter((reason) => !known(reason))).toEqual([]);
});
