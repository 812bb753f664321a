/** Indented JSON with each list of plain values on one line: a history has sixty values. */
export function prettyJson(value: unknown): string {
  // JSON escapes line breaks in strings, so this never matches inside one.
  return JSON.stringify(value, undefined, 2).replaceAll(/\[\n\s+([^[\]{}]*?)\n\s*\]/g, (_, items: string) => {
    return `[${items.replaceAll(/\n\s+/g, " ")}]`;
  });
}
