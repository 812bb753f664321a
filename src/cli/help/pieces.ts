/** The help text of a flag or a command as a sentence. */
export function sentence(help: string): string {
  return `${help[0]!.toUpperCase()}${help.slice(1)}.`;
}

/** A text for a cell of a Markdown table. */
export function inCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
