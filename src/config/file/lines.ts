import { escapeControls } from "../../text/escape.ts";
import type { Span } from "./scan.ts";

/** The number of the line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The offset of a line and a column, both from 1; within the text. */
export function offsetAt(text: string, line: number, column: number): number {
  let start = 0;
  for (let rest = line; rest > 1 && text.includes("\n", start); rest--) start = text.indexOf("\n", start) + 1;
  return Math.min(start + column - 1, text.length);
}

/** What is shown in place of a secret. */
const HIDDEN = "(not shown)";

/** Characters of a line that are shown around the place of a problem. */
const MOST_BEFORE = 60;
const MOST_SHOWN = 100;

/**
 * A problem with the place where it is and the line itself, with a mark below it:
 *
 *     pools.toml:6:8: [probe.health] port 70000: expected a whole number from 1 to 65535
 *       6 | port = 70000
 *         |        ^^^^^
 *
 * @param hidden parts of the text that may hold secrets
 */
export function frame(file: string, text: string, at: Span, message: string, hidden: readonly Span[] = []): string {
  const start = Math.min(at.start, text.length);
  const line = lineOf(text, start);
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", from);
  const to = next < 0 ? text.length : next;
  const end = Math.min(Math.max(at.end, start), to);
  const inLine = hidden.map((span) => ({ start: Math.max(span.start, from), end: Math.min(span.end, to) }));
  const [before, marked, after] = [
    shown(text, from, start, inLine),
    shown(text, start, end, inLine),
    shown(text, end, to, inLine),
  ] as const;
  const cut = before.length > MOST_BEFORE ? `...${before.slice(-MOST_BEFORE)}` : before;
  const whole = `${cut}${marked}${after}`;
  const number = String(line).padStart(4);
  const column = [...text.slice(from, start)].length + 1;
  const mark = "^".repeat(Math.max(1, Math.min(marked.length, MOST_SHOWN - cut.length)));
  return [
    `${file}:${line}:${column}: ${message}`,
    `${number} | ${whole.length > MOST_SHOWN ? `${whole.slice(0, MOST_SHOWN)}...` : whole}`,
    `${" ".repeat(number.length)} | ${" ".repeat(cut.length)}${mark}`,
  ].join("\n");
}

/** A part of a line as it is shown: without secrets, tabs and control characters. */
function shown(text: string, from: number, to: number, hidden: readonly Span[]): string {
  if (from >= to) return "";
  const secret = hidden.find(({ start, end }) => start < to && from < end);
  if (!secret) return escapeControls(text.slice(from, to).replace(/\r$/, "").replaceAll("\t", " "));
  const begins = from <= secret.start;
  return [
    shown(text, from, secret.start, hidden),
    begins ? HIDDEN : "",
    shown(text, Math.max(from, secret.end), to, hidden),
  ].join("");
}
