import { optionsMarkdown } from "../src/config/help.ts";
import { alertsMarkdown } from "../src/cli/monitoring/alerts.ts";
import { metricsMarkdown } from "../src/metrics/table.ts";

const README = new URL("../README.md", import.meta.url).pathname;

/** The README with its generated tables as the code would have them. */
export function withTables(readme: string): string {
  return withSections(readme, { flags: optionsMarkdown(), metrics: metricsMarkdown(), alerts: alertsMarkdown() }, "scripts/docs");
}

/** The README with other texts in the sections that carry these names and the name of the script that makes them. */
export function withSections(readme: string, sections: Readonly<Record<string, string>>, maker: string): string {
  return Object.entries(sections).reduce((text, [name, section]) => {
    const [start, end] = [`<!-- ${name}: made by ${maker} -->`, `<!-- end of ${name} -->`];
    const [before, rest] = split(text, start);
    const [, after] = split(rest, end);
    return `${before}${start}\n\n${section}\n${end}${after}`;
  }, readme);
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`README.md lacks the line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

if (import.meta.main) await Bun.write(README, withTables(await Bun.file(README).text()));
