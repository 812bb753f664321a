import { describe, expect, test } from "bun:test";

import { breakLines, hanging } from "../../../src/text/lines.ts";

describe("a text is broken into lines", () => {
  test.each([
    ["one two three", 7, ["one two", "three"]],
    ["one two three", 6, ["one", "two", "three"]],
    ["a https://example.com/ b", 5, ["a", "https://example.com/", "b"]],
    ["one two three", Infinity, ["one two three"]],
    ["", 10, [""]],
  ])("%p to fit into %d columns", (text, width, lines) => {
    expect(breakLines(text, width)).toEqual(lines);
  });

  test("whose escape sequences take no room", () => {
    expect(breakLines("\x1b[1mone\x1b[22m two three", 7)).toEqual(["\x1b[1mone\x1b[22m two", "three"]);
  });
});

test("a hanging text starts at its column on every line", () => {
  expect(hanging("-a", "one two three", 6, 13)).toEqual(["-a    one two", "      three"]);
  expect(hanging("-long-head", "text", 6, 80)).toEqual(["-long-head", "      text"]);
});
