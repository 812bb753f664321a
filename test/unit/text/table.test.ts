import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { type Column, inColour, layOut, plain, shorten, wrap } from "../../../src/text/table.ts";

const column = (title: string, texts: readonly string[], more: Partial<Column> = {}): Column => ({
  title,
  cells: texts.map((text) => ({ text })),
  ...more,
});

const columns = [
  column("NAME", ["one", "three"]),
  column("COUNT", ["1", "1000"], { right: true, rank: 2 }),
  column("WHY", ["", "a reason that is rather long"], { flexible: true, rank: 1 }),
];

describe("a table", () => {
  test("stands in columns", () => {
    expect(layOut(columns, Infinity, plain)).toEqual([
      "NAME   COUNT  WHY",
      "one        1",
      "three   1000  a reason that is rather long",
    ]);
  });

  test("cuts the flexible column, then leaves out columns by their rank", () => {
    expect(layOut(columns, 30, plain)[2]).toBe("three   1000  a reason that i…");
    expect(layOut(columns, 25, plain)[2]).toBe("three  a reason that is …");
    expect(layOut(columns, 10, plain)).toEqual(["NAME", "one", "three"]);
  });

  test("leaves out columns that are empty", () => {
    expect(layOut([column("A", ["x"]), column("B", [""])], Infinity, plain)).toEqual(["A", "x"]);
  });

  test("has colours that take no room", () => {
    const cells = [{ text: "up", tone: "good" as const }];
    expect(layOut([{ title: "STATE", cells }, column("X", ["y"])], Infinity, inColour)).toEqual([
      "\x1b[2mSTATE\x1b[0m  \x1b[2mX\x1b[0m",
      "\x1b[32mup\x1b[0m     y",
    ]);
  });

  test("is never wider than it may be, as long as what has to stay fits", () => {
    const texts = fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 4 });
    const table = fc
      .tuple(fc.string({ maxLength: 8 }), fc.array(texts, { maxLength: 5 }), fc.boolean())
      .map(([first, others, flexible]) => [
        column(first, ["x"]),
        ...others.map((list, index) =>
          column("T", [list[0]!], { rank: index + 1, ...(flexible && ({ flexible } as object)) }),
        ),
      ]);
    fc.assert(
      fc.property(table, fc.integer({ min: 8, max: 120 }), (list, width) => {
        for (const line of layOut(list, width, plain)) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

test.each([
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["abcd", 1, "…"],
])("%p in %d characters is %p", (text, width, short) => {
  expect(shorten(text, width)).toBe(short);
});

test("a list is broken between its items", () => {
  expect(wrap("via", ["one", "two", "three"], 9, "  ")).toEqual(["via one,", "  two,", "  three"]);
  expect(wrap("via", ["one", "two", "three"], Infinity, "  ")).toEqual(["via one, two, three"]);
});
