/** README, guide and CONTRIBUTING: short, complete, with links that lead somewhere and tables that follow from the code. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { GENERATED, withTables } from "../../scripts/docs.ts";
import { COMMANDS } from "../../src/cli/commands/commands.ts";
import { DOCUMENTS, pageOf, PAGES, README, readDocument, ROOT, withoutBlocks } from "../fixtures/documents.ts";

test.each(Object.keys(GENERATED))("the tables of %s are those of the code; scripts/docs writes them", (name) => {
  const text = pageOf(name.replace(/\.md$/, ""));
  expect(withTables(name, text)).toBe(text);
});

describe("the README", () => {
  test("has at most 14,000 bytes", () => {
    expect(Buffer.byteLength(README.text)).toBeLessThanOrEqual(14_000);
  });

  test.each(PAGES.map(({ path }) => path))("links %s", (path) => {
    expect(README.text).toContain(`](${path})`);
  });

  test.each(COMMANDS.map(({ name }) => name))("has the command %s in its table", (name) => {
    expect(README.text).toMatch(new RegExp(`^\\| \\[\`${name}[ \`]`, "m"));
  });

  test("quotes only figures that the linked results have", () => {
    const items = README.text.split(/\n(?=- |\n)/).filter((item) => item.includes("RESULTS.md"));
    expect(items.length).toBeGreaterThan(3);
    for (const item of items) {
      const [, path] = /\]\(([^)#]*RESULTS\.md)/.exec(item)!;
      const results = readDocument(path!).text;
      const figures = item.replaceAll(/\]\([^)]*\)/g, "").match(/\d[\d.,]*\d|\d/g) ?? [];
      expect(figures.filter((figure) => !results.includes(figure))).toEqual([]);
    }
  });
});

test("the page of probes quotes only times of probes that the results have", () => {
  const times = readDocument("src/guide/probes.md").text.match(/\d+(?= to \d+ µs| µs)/g)!;
  expect(times.length).toBeGreaterThan(3);
  const results = readDocument("scripts/benchmarks/RESULTS.md").text;
  expect(times.filter((time) => !results.includes(`${time} µs`))).toEqual([]);
});

describe.each(PAGES.map(({ path, text }) => [path, text] as const))("%s", (_, text) => {
  test("begins with its title and one short sentence, which stand in the list of topics", () => {
    const [title, empty, sentence, end] = text.split("\n");
    expect(title).toMatch(/^# \S/);
    expect(empty).toBe("");
    expect(sentence).toMatch(/^[A-Z][^.]{20,58}\.$/);
    expect(end).toBe("");
  });

  test("can be shown on a terminal: no HTML, no reference links, and no line of text above 80 columns", () => {
    const prose = withoutBlocks(text);
    expect(prose.replaceAll(/^<!-- .* -->$/gm, "").replaceAll(/`[^`]*`/g, "")).not.toMatch(/<\/?[a-z!]/);
    expect(prose).not.toMatch(/^\[[^\]]+\]: /m);
    const wide = prose.split("\n").filter((line) => line.length > 80 && !/^(\||!\[)|\]\(http/.test(line));
    expect(wide).toEqual([]);
  });
});

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const anchorsOf = (path: string): string[] =>
  [...withoutBlocks(readFileSync(path, "utf8")).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));

const links = DOCUMENTS.flatMap(({ path, text }) =>
  [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^https?:/.test(target))
    .map((target) => [path, target] as const),
);

test.each(links)("in %s the link %s leads somewhere", (path, target) => {
  const [file, anchor] = target.split("#");
  const found = file === "" ? join(ROOT, path) : join(ROOT, dirname(path), file!);
  expect(existsSync(found)).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(found)).toContain(anchor);
});

describe("CONTRIBUTING", () => {
  const { text } = readDocument(".github/CONTRIBUTING.md");

  test("names files that exist", () => {
    const named = [...text.matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("has every room of src in its table", () => {
    const [, section] = /^## The rooms of src$([\s\S]*?)^## /m.exec(text)!;
    const listed = [...section!.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) => cell!.match(/\w+/g)!);
    const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(listed.toSorted()).toEqual(rooms.map(({ name }) => name).sort());
  });

  test("answers each question with at most three files", () => {
    const [, section] = /^## Where to look$([\s\S]*?)^## /m.exec(text)!;
    const answers = section!.split(/^(?=\*\*.*\?\*\*$)/m).slice(1);
    expect(answers.length).toBeGreaterThanOrEqual(7);
    for (const answer of answers) expect(answer.match(/^\d\. /gm)!.length).toBeLessThanOrEqual(3);
  });

  test("names every script that a person runs", () => {
    const parts = ["install", "musl-root", "setup"]; // of other scripts, or of a release
    const scripts = readdirSync(join(ROOT, "scripts"), { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.includes(".") && !parts.includes(entry.name))
      .map(({ name }) => name);
    expect(scripts.length).toBeGreaterThan(10);
    expect(scripts.filter((name) => !new RegExp(`scripts/${name}(?![\\w-])`).test(text))).toEqual([]);
  });
});
