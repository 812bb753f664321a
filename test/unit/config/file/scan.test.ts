import { describe, expect, test } from "bun:test";

import { type Path, scan } from "../../../../src/config/file/scan.ts";
import { expectPlaces } from "./places.fixture.ts";

/** The text of the key and of the value at a path. */
function at(text: string, ...path: Path): readonly [key: string, value: string] {
  const { key, value } = scan(text)(path)!;
  return [text.slice(key.start, key.end), text.slice(value.start, value.end)];
}

describe("the place of a key and of its value", () => {
  test.each<readonly [form: string, text: string, path: Path, key: string, value: string]>([
    ["a bare key", "a-b_1 = 5", ["a-b_1"], "a-b_1", "5"],
    ["no spaces", "a=5", ["a"], "a", "5"],
    ["tabs", "\ta\t=\t5\t# five", ["a"], "a", "5"],
    ["a key in double quotation marks", '"a b" = 5', ["a b"], '"a b"', "5"],
    ["an escape in a key", '"a\\t\\u0062" = 5', ["a\tb"], '"a\\t\\u0062"', "5"],
    ["a key in single quotation marks", "'a\\b' = 5", ["a\\b"], "'a\\b'", "5"],
    ["an empty key", '"" = 5', [""], '""', "5"],
    ["a key with a dot, an equals sign and a bracket", '"a.b=]" = 5', ["a.b=]"], '"a.b=]"', "5"],
    ["a dotted key", "a . b.'c' = 5", ["a", "b", "c"], "'c'", "5"],
    ["the table that a dotted key makes", "a.b.c = 5", ["a", "b"], "b", "b"],
    ["after a line break of DOS", "a = 1\r\nb = 2\r\n", ["b"], "b", "2"],
    ["after a mark of the byte order", "\ufeffa = 1", ["a"], "a", "1"],
    ["after comments", "# a = 1\n\n  # [x]\na = 2 # a = 3", ["a"], "a", "2"],
    ["a header", "[ a . b ]", ["a", "b"], "b", "[ a . b ]"],
    ["a table that a header makes", "[a.b]", ["a"], "a", "[a.b]"],
    ["a header in quotation marks", '["a]"]\nb = 1', ["a]", "b"], "b", "1"],
    ["below a header", "x = 1\n[a.b]\nx = 2", ["a", "b", "x"], "x", "2"],
    ["a list of tables", "[[a]]\n[[a]]", ["a"], "a", "[[a]]"],
    ["a table of a list", "[[a]]\nx = 1\n[[a]] # two\nx = 2", ["a", 1, "x"], "x", "2"],
    ["a table below a table of a list", "[[a]]\n[a.b]\nx = 1\n[[a]]\n[a.b]\nx = 2", ["a", 1, "b", "x"], "x", "2"],
    ["a list in a table of a list", "[[a]]\n[[a.b]]\n[[a.b]]\nx = 1", ["a", 0, "b", 1, "x"], "x", "1"],
    ["an empty text", 'a = ""', ["a"], "a", '""'],
    ["a text with a quotation mark", 'a = "b\\"c#" # d', ["a"], "a", '"b\\"c#"'],
    ["a text with a backslash at its end", 'a = "b\\\\"\nb = 1', ["b"], "b", "1"],
    ["a text in single quotation marks", "a = 'b\\'\nb = 1", ["b"], "b", "1"],
    ["a text of several lines", 'a = """\nb = 1\n"" \\""" """\nc = 2', ["c"], "c", "2"],
    ["quotation marks at its end", 'a = """b"""""\nc = 2', ["a"], "a", '"""b"""""'],
    ["the same in single ones", "a = '''b\\''''\nc = 2", ["a"], "a", "'''b\\''''"],
    ["a date and its time", "a = 1979-05-27 07:32:00 # then", ["a"], "a", "1979-05-27 07:32:00"],
    ["a number with a sign", "a = -1_000.5e+3", ["a"], "a", "-1_000.5e+3"],
    ["a list", "a = [ 1, 2 ] # b", ["a"], "a", "[ 1, 2 ]"],
    ["an item", "a = [ 1, 22 ]", ["a", 1], "22", "22"],
    ["an item after comments and line breaks", "a = [\n  1, # one ]\n  # ,\n  2,\n]", ["a", 1], "2", "2"],
    ["an item that is a text with a comma", 'a = ["b,]c", "d"]', ["a", 1], '"d"', '"d"'],
    ["a list in a list", "a = [[1], [2, 3]]", ["a", 1, 1], "3", "3"],
    ["an inline table", "a = { b = 1, c.d = 2 }", ["a"], "a", "{ b = 1, c.d = 2 }"],
    ["a key of an inline table", "a = { b = 1, c.d = 2 }", ["a", "c", "d"], "d", "2"],
    ["inline tables in a list", 'a = [{ b = "}" }, { b = 2 }]', ["a", 1, "b"], "b", "2"],
    ["an inline table of several lines", "a = {\n  b = 1, # }\n  c = 2,\n}", ["a", "c"], "c", "2"],
    ["an empty list and an empty table", "a = []\nb = {}\nc = 1", ["c"], "c", "1"],
    ["a key like one of all objects", "__proto__ = 1\nconstructor.x = 2", ["constructor", "x"], "x", "2"],
  ])("%s", (_, text, path, key, value) => {
    expect(at(text, ...path)).toEqual([key, value]);
  });

  test("of one that is missing is that of the table around it", () => {
    expect(at("[a]\nb = 1", "a", "c")).toEqual(["a", "[a]"]);
    expect(at("[a]\nb = [1]", "a", "b", 5, "x")).toEqual(["b", "[1]"]);
  });

  test("of one that is missing everywhere is unknown", () => {
    expect(scan("a = 1")(["b"])).toBeUndefined();
  });
});

test("each value of a document stands where it is said to stand", () => {
  const text = `
# a comment
title = "x" # another
"quoted.key" = 'y'
[service]\t
port = 0x2382
ratio = 1.5 # [x]
when = 1979-05-27T07:32:00Z
long = """
[pool]
a = "b" \\
   c"""
[probe.'a b']
targets = ["1.1.1.1", # first
  "9.9.9.9",
]
[[pool]]
members = [ { gateway = "a", weight = 2 }, { gateway = "b" , tier.x = [ [ ], [ true ] ] } ]
a.b.c = false
a.b.d = inf
[[pool]]
[pool.sub]
x = 1
`;
  for (const variant of [text, text.replaceAll("\n", "\r\n")]) expectPlaces(variant);
});
