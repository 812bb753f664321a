import { describe, expect, test } from "bun:test";

import { frame, lineOf, offsetAt } from "../../../../src/config/file/lines.ts";

/** The frame of the part of a text between two marks. */
function framed(marked: string, hidden: readonly string[] = []): readonly string[] {
  const [before, part, after] = marked.split("|") as [string, string, string];
  const text = before + part + after;
  const spans = hidden.map((one) => ({ start: text.indexOf(one), end: text.indexOf(one) + one.length }));
  const at = { start: before.length, end: before.length + part.length };
  return frame("a.toml", text, at, "wrong", spans).split("\n");
}

describe("a problem", () => {
  test("is shown with file, line and column, the line itself, and a mark below the fault", () => {
    expect(framed("x = 1\nport = |70000| # comment\ny = 2")).toEqual([
      "a.toml:2:8: wrong",
      "   2 | port = 70000 # comment",
      "     |        ^^^^^",
    ]);
  });

  test("in a line with tabs and a line break of DOS is marked in the right column", () => {
    expect(framed("x = 1\r\n\tport\t= |70000|\r\ny = 2")).toEqual([
      "a.toml:2:9: wrong",
      "   2 |  port = 70000",
      "     |         ^^^^^",
    ]);
  });

  test("at the end of the text is in the last line", () => {
    expect(framed("x = 1\n||")).toEqual(["a.toml:2:1: wrong", "   2 | ", "     | ^"]);
  });

  test("of several lines is marked in the first one", () => {
    expect(framed('x = |"""\na\n"""|\n')).toEqual(["a.toml:1:5: wrong", '   1 | x = """', "     |     ^^^"]);
  });

  test("with control characters cannot control a terminal", () => {
    expect(framed("x = |\x1b[31m\u2028|")[1]).toBe("   1 | x = \\u001b[31m\\u2028");
  });

  test("in a long line is shown with what is around it", () => {
    const [place, line, mark] = framed(`x = ["${"a".repeat(500)}", |"bad"|, "${"c".repeat(500)}"]`);
    expect(place).toBe("a.toml:1:510: wrong");
    expect(line!.length).toBeLessThan(115);
    expect(line).toMatch(/\| \.\.\.a+", "bad", "c+\.\.\.$/);
    expect(mark!.indexOf("^")).toBe(line!.indexOf('"bad"'));
    expect(mark!.trimEnd()).toEndWith("| " + " ".repeat(line!.indexOf('"bad"') - 7) + "^^^^^");
  });
});

describe("a secret", () => {
  test("is not shown in its line", () => {
    expect(framed('|password| = "S3cr3t" # why', ['"S3cr3t"'])).toEqual([
      "a.toml:1:1: wrong",
      "   1 | password = (not shown) # why",
      "     | ^^^^^^^^",
    ]);
  });

  test("that is itself the fault is marked, but not shown", () => {
    expect(framed('password = |"S3cr3t"|', ['"S3cr3t"'])).toEqual([
      "a.toml:1:12: wrong",
      "   1 | password = (not shown)",
      "     |            ^^^^^^^^^^^",
    ]);
  });

  test("of several lines is shown in none of them", () => {
    const marked = 'password = """one\n two |three| four\nfive""" # end';
    expect(framed(marked, ['"""one\n two three four\nfive"""'])[1]).toBe("   2 | (not shown)");
    expect(framed('password = """one\nfive""" # |end|', ['"""one\nfive"""'])[1]).toBe("   2 | (not shown) # end");
  });
});

test("lines are counted from 1, and offsets stay within the text", () => {
  expect(lineOf("a\nb\nc", 0)).toBe(1);
  expect(lineOf("a\nb\nc", 4)).toBe(3);
  expect(offsetAt("a\r\nbc\n", 2, 2)).toBe(4);
  expect(offsetAt("a\nb", 2, 50)).toBe(3);
  expect(offsetAt("a\nb", 50, 1)).toBe(2);
});
