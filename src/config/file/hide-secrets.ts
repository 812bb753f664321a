import { looksSecret } from "../arguments.ts";
import { optionList } from "../options.ts";
import type { Span } from "./scan.ts";

/** The parts of a text that may be users and passwords in URLs. */
export function userSpans(text: string): Span[] {
  return [...text.matchAll(/(?<=:\/\/)[^\s"']+(?=@)/g)].map(({ 0: user, index: start }) => ({
    start,
    end: start + user.length,
  }));
}

/**
 * The parts of a text that may hold secrets, where its structure is unknown: what follows a key like a password's, up to the
 * next line that begins with another key or a header; and users in URLs.
 */
export function suspectSpans(text: string): Span[] {
  const spans = userSpans(text);
  let start: number | undefined;
  let longEnd = 0;
  let offset = 0;
  for (const line of text.split("\n")) {
    const begins = offset >= longEnd && (line.includes("=") || /^\s*\[/.test(line));
    if (begins && start !== undefined) {
      spans.push({ start, end: offset });
      start = undefined;
    }
    const secret = offset >= longEnd ? secretIn(line) : undefined;
    if (secret !== undefined && start === undefined) {
      start = offset + secret;
      longEnd = endOfLong(text, start, offset + line.length);
    }
    offset += line.length + 1;
  }
  if (start !== undefined) spans.push({ start, end: text.length });
  return spans;
}

/** Where a secret may begin in a line: behind a key like a password's, wherever that stands. */
function secretIn(line: string): number | undefined {
  const [whole = "", key] = /^\s*([^=#[]*)=/.exec(line) ?? [];
  if (key !== undefined && maySecret(key)) return whole.length;
  const keys = line.matchAll(/(?:^|[{,\].])[ \t]*(["']?[\w-]+["']?)[ \t]*[=:]?/g);
  const found = keys.find(([, name]) => maySecret(name!));
  return found && found.index + found[0].length;
}

/** The end of a text of several lines that begins in a line; 0 where none does. */
function endOfLong(text: string, start: number, lineEnd: number): number {
  const mark = /"""|'''/.exec(text.slice(start, lineEnd));
  if (!mark) return 0;
  const end = text.indexOf(mark[0], start + mark.index + mark[0].length);
  return end < 0 ? text.length : end;
}

/** Whether a secret may follow a key. Keys that end with -file name the file of one. */
function maySecret(key: string): boolean {
  const name = key.trim().replaceAll(/["']/g, "");
  if (name.endsWith("-file")) return false;
  return looksSecret(name) || optionList.some((option) => option.type.show !== undefined && option.flag.endsWith(name));
}
