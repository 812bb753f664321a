import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { pages } from "../../../src/guide/guide.ts";
import { type Element, parseMarkdown, textOf, topicOfLink } from "../../../src/guide/markdown.ts";
import { renderMarkdown } from "../../../src/guide/terminal.ts";

const topics = pages.map(({ topic }) => topic);

/** The elements with this tag, at any depth. */
function elementsOf(blocks: readonly (Element | string)[], tag: string): Element[] {
  return blocks.flatMap((node) => {
    if (typeof node === "string") return [];
    return [...(node.tag === tag ? [node] : []), ...elementsOf(node.children, tag)];
  });
}

test("every page of the guide is a topic, once", () => {
  const files = readdirSync(join(import.meta.dir, "../../../src/guide")).filter((name) => name.endsWith(".md"));
  expect(topics.toSorted()).toEqual(files.map((name) => name.replace(/\.md$/, "")).sort());
});

describe.each(pages.map((page) => [page.topic, page] as const))("the page %s", (_, { markdown, title, summary }) => {
  const blocks = parseMarkdown(markdown);

  test("begins with its title, and a sentence for the list of topics", () => {
    expect(blocks.slice(0, 2).map(({ tag }) => tag)).toEqual(["h1", "p"]);
    expect(title).not.toBe("");
    expect(summary).toEndWith(".");
    expect(summary.length).toBeLessThanOrEqual(160);
  });

  test("has no other heading of the first level", () => {
    expect(elementsOf(blocks, "h1")).toHaveLength(1);
  });

  test("links only to pages that exist", () => {
    const linked = elementsOf(blocks, "a").flatMap(({ href }) => topicOfLink(href!) ?? []);
    expect(linked.filter((topic) => !topics.includes(topic))).toEqual([]);
  });

  test.each([80, 200])("fits into %d columns, apart from code and URLs", (width) => {
    const code = elementsOf(blocks, "pre").flatMap((block) =>
      textOf(block)
        .split("\n")
        .map((line) => line.trim()),
    );
    const wide = renderMarkdown(markdown, { width, colour: false })
      .split("\n")
      .filter((line) => Bun.stringWidth(line) > width && !code.includes(line.trim()));
    expect(wide.filter((line) => /\S \S/.test(line.trim()))).toEqual([]);
  });

  test("shows no marks of Markdown or HTML on a terminal", () => {
    const code = elementsOf(blocks, "pre").flatMap((block) =>
      textOf(block)
        .split("\n")
        .map((line) => line.trim()),
    );
    const text = renderMarkdown(markdown, { width: 80, colour: false })
      .split("\n")
      .filter((line) => !code.includes(line.trim()));
    expect(text.filter((line) => /\]\(|\*\*|<!--|<\/?[a-z]+>|\\\|/.test(line))).toEqual([]);
  });

  test("breaks its lines with colours where it breaks them without", () => {
    const text = renderMarkdown(markdown, { width: 80, colour: true });
    expect(Bun.stripANSI(text)).toBe(renderMarkdown(markdown, { width: 80, colour: false }));
  });
});
