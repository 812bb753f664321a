import { synopsis } from "../../config/help.ts";
import type { Page } from "../../guide/guide.ts";
import type { Command } from "../commands/command.ts";
import { NAME, statusesOf } from "../program.ts";
import { inCell, sentence } from "./pieces.ts";

/** A command as a Markdown page: what it does, its own flags, its exit statuses, and the topics that have an example of it. */
export function commandPage(command: Command, pages: readonly Page[]): string {
  const { name, subject, help, options = [] } = command;
  const flags = options.map((option) => `| \`${inCell(synopsis(option))}\` | ${inCell(option.help)} |`);
  const topics = pages.filter(({ topic, markdown }) => topic !== name && hasExample(markdown, name));
  const statuses = statusesOf(command).map(([status, meaning]) => `| ${status} | ${inCell(meaning)} |`);
  return `# ${NAME} ${name}

Usage: \`${[NAME, name, ...(subject === undefined ? [] : [subject.placeholder]), "[flags]"].join(" ")}\`

${sentence(help)}

## Flags

${flags.length > 0 ? `| Flag | Meaning |\n| --- | --- |\n${flags.join("\n")}\n\n` : ""}Every flag of the service is accepted, too ([\`help flags\`](flags.md)).

## Exit status

| Status | Meaning |
| --- | --- |
${statuses.join("\n")}
${topics.length > 0 ? `\nSee also ${topics.map(({ topic }) => `\`help ${topic}\``).join(", ")}.\n` : ""}`;
}

/** Whether a line of an example runs a command. */
function hasExample(markdown: string, command: string): boolean {
  return new RegExp(`^(# )?${NAME} ${command}(?![\\w-])`, "m").test(markdown);
}
