/** JSON with an indentation, in which a list of plain values takes one line: a history has sixty of them. */
export function prettyJson(value: unknown): string {
  // No text holds a line break as it is, so what is matched here is never inside one.
  return JSON.stringify(value, undefined, 2).replaceAll(/\[\n\s+([^[\]{}]*?)\n\s*\]/g, (_, items: string) => {
    return `[${items.replaceAll(/\n\s+/g, " ")}]`;
  });
}
