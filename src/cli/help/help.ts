import { pages } from "../../guide/guide.ts";
import { renderMarkdown } from "../../guide/terminal.ts";
import { closest } from "../../text/closest.ts";
import { quote } from "../../text/escape.ts";
import type { Look } from "../../text/table.ts";
import type { Command } from "../commands/command.ts";
import { commandPage } from "./command-page.ts";
import { allFlags, flagPage } from "./flag-page.ts";
import { topicList } from "./topic-list.ts";

/** The text for a word, or why there is none. */
export type Help = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/**
 * The documentation of a topic, a command or a flag.
 *
 * @param word as typed, a flag with its dashes or without; without a word, the list of topics
 */
export function helpFor(word: string | undefined, commands: readonly Command[], look: Look): Help {
  const found = word === undefined ? [topicList(pages, commands)] : pagesFor(word, commands);
  if (found.length === 0) return { ok: false, problem: unknown(word!, commands) };
  return { ok: true, text: found.map((markdown) => renderMarkdown(markdown, look)).join("\n") };
}

/** What a command does, its own flags and its exit statuses: `COMMAND -help`. */
export const helpOfCommand = (command: Command, look: Look): string =>
  renderMarkdown(commandPage(command, pages), look);

/** What a word names, as Markdown: a command, a topic or both; otherwise a flag. */
function pagesFor(word: string, commands: readonly Command[]): string[] {
  const flagName = /^-{0,2}([^=]*)/.exec(word)![1]!;
  const command = commands.find(({ name }) => name === word);
  const page = pages.find(({ topic }) => topic === word);
  const named = [...(command ? [commandPage(command, pages)] : []), ...(page ? [page.markdown] : [])];
  if (named.length > 0) return named;
  const flag = allFlags(commands).find(({ option }) => option.flag === flagName);
  return flag ? [flagPage(flag, pages)] : [];
}

function unknown(word: string, commands: readonly Command[]): string {
  const flags = allFlags(commands).map(({ option }) => option.flag);
  const names = [...pages.map(({ topic }) => topic), ...commands.map(({ name }) => name)];
  const bare = word.replace(/^--?/, "");
  const name = bare === word ? closest(word, names) : undefined;
  const flag = closest(bare, flags);
  const meant = name ?? (flag === undefined ? undefined : `-${flag}`);
  const remedy = meant === undefined ? "help alone lists all topics" : `did you mean help ${meant}?`;
  return `help ${quote(word)}: no topic, command or flag has this name; ${remedy}`;
}
