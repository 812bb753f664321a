import { parse, TomlError, type TomlTableWithoutBigInt } from "smol-toml";

import { givenBefore, type Places, scan, type Span } from "./scan.ts";
import { quote } from "../../text/escape.ts";
import { lineOf, offsetAt } from "./lines.ts";

/** A table of a file as the parser gives it. */
export type Table = TomlTableWithoutBigInt;

/** A document and where its parts are, or the first fault of syntax. */
export type Syntax =
  | { readonly ok: true; readonly root: Table; readonly places: Places }
  | { readonly ok: false; readonly at: Span; readonly detail: string };

/** Deeper structures have no meaning here. */
const MAX_DEPTH = 20;

/** Parses TOML. */
export function parseToml(text: string): Syntax {
  try {
    return { ok: true, root: parse(text, { maxDepth: MAX_DEPTH }), places: scan(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const start = offsetAt(text, error.line, error.column);
    return { ok: false, at: { start, end: start + 1 }, detail: describe(text, error, start) };
  }
}

function describe(text: string, error: TomlError, offset: number): string {
  // The message ends with the lines around the fault, which the program shows in its own way.
  const sentence = error.message.slice(0, error.message.length - error.codeblock.length).trimEnd();
  const reason = sentence.replace(/^Invalid TOML document: /, "").replace(/\.$/, "");
  if (reason.startsWith("trying to redefine")) return duplicate(text, offset);
  const remedy = REMEDIES.find(([pattern]) => pattern.test(reason))?.[1];
  return `not valid TOML: ${reason}${remedy === undefined ? "" : `; ${remedy}`}`;
}

function duplicate(text: string, offset: number): string {
  const before = givenBefore(text, offset);
  if (before === undefined) return "already given; remove one of the two";
  const name = quote(text.slice(before.start, before.end).replaceAll(/^["']|["']$/g, ""));
  return `${name} is already given in line ${lineOf(text, before.start)}; remove one of the two, or rename it`;
}

const QUOTE = 'write texts, such as durations and addresses, in quotation marks: "5s"';
const ESCAPE = "write \\\\ for a backslash, or the text in single quotation marks";

/** What to do about the faults that the parser finds, by its words for them. */
export const REMEDIES: readonly (readonly [reason: RegExp, remedy: string])[] = [
  [/^(invalid value|invalid date|unfinished numeric|illegal (character in num|leading|underscore))/, QUOTE],
  [/^(illegal character in key|incomplete key-value)/, "write KEY = VALUE, with a key of letters, digits, - and _"],
  [/^(unexpected end of key|illegal empty bare key)/, "write the name that is missing"],
  [/^illegal quoted key/, "write the key in single or double quotation marks"],
  [/^each key-value/, "write one key on each line, and quotation marks around texts"],
  [/^expected comma/, "write a comma between two items, and ] after a list or } after a table"],
  [/^expected end of table array/, "write two brackets before and after the name: [[pool]]"],
  [/^unfinished array/, "write ] after its last item"],
  [/^unfinished table/, "write } after its last value"],
  [/^unfinished string/, "write a quotation mark at its end"],
  [/escape/, ESCAPE],
  [/^control characters/, "remove the control character"],
  [/nested/, "write less nested lists and tables"],
  [/^integer value/, "write a smaller number"],
];
