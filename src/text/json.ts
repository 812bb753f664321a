import { escapeLines } from "./escape.ts";

/** The value of a JSON text; undefined where the text is not valid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What JSON has in a string that may have to be escaped: characters, or escapes of them other than `\n`. */
const SUSPECT = /[^\x20-\x7e\n]|\\[ubfrt]/;

/**
 * A value as JSON for other programs. Whatever shows its strings, a page, a terminal or a mail, shows no more than is
 * there: an invisible character is written in them as an escape, such as `\u202e` in six characters. Line breaks stay.
 */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return SUSPECT.test(text) ? JSON.stringify(value, visible, indent) : text;
}

function visible(_: string, part: unknown): unknown {
  return typeof part === "string" ? escapeLines(part) : part;
}
