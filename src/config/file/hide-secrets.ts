import { looksSecret } from "../arguments.ts";
import { optionList } from "../options.ts";
import type { Span } from "./scan.ts";

/**
 * The parts of a text that may hold secrets, where its structure is unknown: what follows a key like a password's, up to the
 * next line that begins with another key or a header.
 */
export function suspectSpans(text: string): Span[] {
  const spans: Span[] = [];
  let start: number | undefined;
  let offset = 0;
  for (const line of text.split("\n")) {
    const [, key] = /^\s*([^=#[]*)(?:=|$)/.exec(line) ?? [];
    const begins = line.includes("=") || /^\s*\[/.test(line);
    if (begins && start !== undefined) {
      spans.push({ start, end: offset });
      start = undefined;
    }
    if (key !== undefined && line.includes("=") && maySecret(key)) start = offset + line.indexOf("=") + 1;
    offset += line.length + 1;
  }
  if (start !== undefined) spans.push({ start, end: text.length });
  return spans;
}

/** Whether a secret may follow a key. Keys that end with -file name the file of one. */
function maySecret(key: string): boolean {
  const name = key.trim().replaceAll(/["']/g, "");
  if (name.endsWith("-file")) return false;
  return looksSecret(name) || optionList.some((option) => option.type.show !== undefined && option.flag.endsWith(name));
}
