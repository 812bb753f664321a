/** A table in Markdown, with its title above. */
export function table(title: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [title, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
