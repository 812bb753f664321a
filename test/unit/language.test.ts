/** The language of what people read: words that hide their subject or have several meanings do not occur. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";

import { COMMANDS } from "../../src/cli/commands/commands.ts";
import { pages } from "../../src/guide/guide.ts";
import { commandPage } from "../../src/cli/help/command-page.ts";
import { helpText } from "../../src/config/help.ts";
import { PAGES, README, readDocument, ROOT, withoutBlocks } from "../fixtures/documents.ts";

/** What is not written, and what is written instead. */
const BANNED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bsomebody\b|\bsomeone\b/i, "name it: another program, another machine, you"],
  [/\bnobody\b|\bno-?one\b/i, "no program, no machine, nothing"],
  [/\b(every|any)(body|one)\b/i, "name it: all programs, all clients, any program"],
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

/** The comments and texts of a source file. A text of one word, such as a code or a name, is no sentence. */
function proseOfSource(text: string): string {
  const parts = text.matchAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g);
  const sentences = [...parts].map(([part]) => part).filter((part) => /^.\S* /.test(part));
  return sentences
    .join("\n")
    .replaceAll(/\n\s*\*/g, "")
    .replaceAll(/(?<=.)`[^`\n]*`(?=.)/g, "``");
}

/** A code of failures, and the name of an event: programs of users know them. */
const SOURCE_WORDS = /\brefused\b|\bddns-mended\b/gi;

const sources = [...new Bun.Glob("{src,scripts,test}/**/*.{ts,yaml}").scanSync({ cwd: ROOT })]
  .sort()
  .filter((path) => path !== "test/unit/language.test.ts") // it quotes banned words
  .map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return [path, (path.endsWith(".ts") ? proseOfSource(text) : text).replaceAll(SOURCE_WORDS, "")] as const;
  });

const documents = [
  README,
  ...PAGES,
  readDocument(".github/CONTRIBUTING.md"),
  { path: "-help", text: helpText(COMMANDS) },
  ...COMMANDS.map((command) => ({ path: `help ${command.name}`, text: commandPage(command, pages) })),
];

const proses = [...documents.map(({ path, text }) => [path, proseOf(text)] as const), ...sources];

test.each(proses)("%s has no banned words", (_, prose) => {
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
