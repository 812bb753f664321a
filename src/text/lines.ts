/** Longer lines of text are hard to read, however wide the terminal is. */
export const READABLE_WIDTH = 100;

/** The text as lines of at most so many characters, broken at spaces; a longer word has a line of its own. */
export function breakLines(text: string, width: number): string[] {
  return Number.isFinite(width) ? Bun.wrapAnsi(text, width, { hard: false }).split("\n") : text.split("\n");
}

/** A head, and a text that starts at a column beside it, or below it where the head is too long for that. */
export function hanging(head: string, text: string, column: number, width: number): string[] {
  const indent = " ".repeat(column);
  const lines = breakLines(text, width - column).map((line) => indent + line);
  return head.length < column ? [head.padEnd(column) + lines[0]!.slice(column), ...lines.slice(1)] : [head, ...lines];
}
