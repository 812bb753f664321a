/** The language of what people read: words that hide their subject or have several meanings do not occur. */
import { expect, test } from "bun:test";

import { COMMANDS } from "../../src/cli/commands/commands.ts";
import { commandPage } from "../../src/cli/help/command-page.ts";
import { helpText } from "../../src/config/help.ts";
import { PAGES, README, readDocument, withoutBlocks } from "../fixtures/documents.ts";

/** What is not written, and what is written instead. */
const BANNED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bsomebody\b|\bsomeone\b/i, "name it: another program, another machine, you"],
  [/\bnobody\b|\bno-?one\b/i, "no program, no machine, nothing"],
  [/\bwho(so)?ever\b/i, "name it: a program that, a client that, you"],
  [/\b(tell|tells|told) of\b/i, "reports, shows, describes"],
  [/\b(is|are|was|were|be|been) told\b(?! apart)/i, "is reported, is logged, is notified"],
  [/\bno matter of\b/i, "does not apply to"],
  [/\bwell so\b/i, "say what is meant"],
  [/\bas long as any\b/i, "until none is left, while there are"],
  [/\bputs? (it |them )?right\b/i, "repairs, corrects, restores"],
  [/\bmend(s|ed|ing)?\b/i, "repair, correct, fix"],
  [/\b(has|have|had|is|are) no way\b|\bways? (out|past|there)\b|\bthe way to\b/i, "route, path, exit"],
  [/\b(a|the|one|each|every) look\b(?!-)/i, "reading, observation"],
  [/(?<!\bconnections? (is |are )?)\brefus(e|es|ed|ing|al|als)\b(?! connection)/i, "rejects, declines"],
  [/\bbecomes? of\b|\bbefall/i, "what happens to"],
];

/** What people read as sentences: output in blocks and words of the program in backticks have their own tests. */
function proseOf(text: string): string {
  return withoutBlocks(text)
    .replaceAll(/^<!-- .*made by[\s\S]*?^<!-- end of .* -->$/gm, "")
    .replaceAll(/`[^`]*`/g, "``")
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/\s+/g, " ");
}

const documents = [
  README,
  ...PAGES,
  readDocument(".github/CONTRIBUTING.md"),
  { path: "-help", text: helpText(COMMANDS) },
  ...COMMANDS.map((command) => ({ path: `help ${command.name}`, text: commandPage(command) })),
];

test.each(documents.map(({ path, text }) => [path, proseOf(text)] as const))("%s has no banned words", (_, prose) => {
  const findings = BANNED.flatMap(([pattern, instead]) =>
    [...prose.matchAll(new RegExp(pattern, "gi"))].map(({ index }) => {
      return `"...${prose.slice(Math.max(0, index - 40), index + 40)}...": write: ${instead}`;
    }),
  );
  expect(findings).toEqual([]);
});

test("banned words are found, and their technical neighbours are not", () => {
  const isBanned = (text: string): boolean => BANNED.some(([pattern]) => pattern.test(text));
  const bad = ["Somebody else's route", "the log tells of drops", "it is told once", "it has no way", "puts it right"];
  const good = ["connections are told apart", "a look-up", "connection refused", "connections are refused", "2 ways"];
  expect(bad.filter((text) => !isBanned(text))).toEqual([]);
  expect(good.filter(isBanned)).toEqual([]);
});
