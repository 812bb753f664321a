import { describe, expect, test } from "bun:test";

import { parseMarkdown, rowsOf, textOf, topicOfLink } from "../../../src/guide/markdown.ts";

const tagsOf = (markdown: string): string[] => parseMarkdown(markdown).map(({ tag }) => tag);

test("headings, paragraphs, lists, code and tables are blocks in their order", () => {
  const page = "# A\n\ntext\n\n## B\n\n- one\n\n1. two\n\n```\ncode\n```\n\n| a |\n| - |\n| b |\n\n> quoted\n\n---\n";
  expect(tagsOf(page)).toEqual(["h1", "p", "h2", "ul", "ol", "pre", "table", "blockquote", "hr"]);
});

test("comments, such as the marks of generated sections, are left out", () => {
  expect(tagsOf("<!-- flags: made by scripts/docs -->\n\ntext\n\n<!-- end of flags -->\n")).toEqual(["p"]);
});

test("a soft line break is a space, in code as well", () => {
  expect(parseMarkdown("one\ntwo `three\nfour`").map(textOf)).toEqual(["one two three four"]);
});

test("the lines of a code block stay as they are", () => {
  expect(parseMarkdown('```sh\n  a  <b> & "c"\n\nd\n```').map(textOf)).toEqual(['  a  <b> & "c"\n\nd\n']);
});

test("an image is its alternative text", () => {
  expect(parseMarkdown("![the page](page.png)").map(textOf)).toEqual(["the page"]);
});

describe("an item of a list", () => {
  const itemsOf = (markdown: string): string[][] =>
    (parseMarkdown(markdown)[0]!.children as ReturnType<typeof parseMarkdown>).map((item) =>
      (item.children as ReturnType<typeof parseMarkdown>).map(({ tag }) => tag),
    );

  test("without blank lines holds text, and the list below it", () => {
    expect(itemsOf("- one `x`\n  more\n- two\n  - three\n")).toEqual([["text"], ["text", "ul"]]);
  });

  test("with blank lines holds paragraphs", () => {
    expect(itemsOf("- one\n\n  more\n\n- two\n")).toEqual([["p", "p"], ["p"]]);
  });
});

test("a table has rows of cells, the titles first", () => {
  const [table] = parseMarkdown("| A | B |\n| --- | ---: |\n| `x` | a \\| b |\n");
  expect(rowsOf(table!).map((row) => row.map(textOf))).toEqual([
    ["A", "B"],
    ["x", "a | b"],
  ]);
  expect(rowsOf(table!)[0]!.map(({ align }) => align)).toEqual([undefined, "right"]);
});

test.each([
  ["thresholds.md", "thresholds"],
  ["./kill-switch.md#limits", "kill-switch"],
  ["../../README.md", undefined],
  ["https://example.com/thresholds.md", undefined],
  ["#limits", undefined],
])("the link %s leads to the topic %p", (href, topic) => {
  expect(topicOfLink(href)).toBe(topic);
});
