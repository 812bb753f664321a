import { join } from "node:path";

import { keysMarkdown } from "../src/config/file/markdown.ts";
import { optionsMarkdown } from "../src/config/help.ts";
import { metricsMarkdown } from "../src/metrics/table.ts";
import { alertsMarkdown } from "./alerts-table.ts";
import { differencesMarkdown } from "./differences.ts";

export const GUIDE = join(import.meta.dir, "../src/guide");

/** The pages of the guide with tables that follow from the code: for each page the text of its sections by their names. */
export const GENERATED: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  "flags.md": () => ({ flags: optionsMarkdown() }),
  "configuration-file.md": () => ({ keys: keysMarkdown() }),
  "migration.md": () => ({ differences: differencesMarkdown() }),
  "metrics.md": () => ({ metrics: metricsMarkdown(), alerts: alertsMarkdown() }),
};

/** A page of the guide with its generated tables as the code would have them. */
export function withTables(name: string, page: string): string {
  return withSections(page, GENERATED[name]!(), "scripts/docs");
}

/** A text with other contents in the sections that carry these names and the name of the script that makes them. */
export function withSections(text: string, sections: Readonly<Record<string, string>>, maker: string): string {
  return Object.entries(sections).reduce((before, [name, section]) => {
    const [start, end] = [`<!-- ${name}: made by ${maker} -->`, `<!-- end of ${name} -->`];
    const [head, rest] = split(before, start);
    const [, tail] = split(rest, end);
    return `${head}${start}\n\n${section}\n${end}${tail}`;
  }, text);
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`cannot write a generated section: the line ${mark} is missing; add it where it belongs`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

if (import.meta.main) {
  for (const name of Object.keys(GENERATED)) {
    const path = join(GUIDE, name);
    await Bun.write(path, withTables(name, await Bun.file(path).text()));
  }
}
