import type { Page } from "../../guide/guide.ts";
import type { Command } from "../commands/command.ts";
import { inCell } from "./pieces.ts";

/** The list of topics and commands as Markdown: what `help` shows without a word after it. */
export function topicList(pages: readonly Page[], commands: readonly Command[]): string {
  const shared = pages.flatMap(({ topic }) => (commands.some(({ name }) => name === topic) ? `\`${topic}\`` : []));
  return `# Documentation

\`gateway-route-manager help WORD\` shows a topic, a command or a flag.
\`gateway-route-manager -help\` lists all commands and flags in brief.

## Topics

| Topic | Content |
| --- | --- |
${pages.map(({ topic, summary }) => `| \`${topic}\` | ${inCell(summary)} |`).join("\n")}

## Commands

| Command | Purpose |
| --- | --- |
${commands.map(({ name, help }) => `| \`${name}\` | ${inCell(help)} |`).join("\n")}

Topic and command at once: ${shared.join(", ")}. Help shows the command first, then the topic.

## Flags

\`help -check-period\` shows one flag, [\`help flags\`](flags.md) all of them.
`;
}
