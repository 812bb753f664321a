import { breakLines } from "../../text/lines.ts";
import type { Key } from "./keys.ts";
import { helpOf } from "./schema.ts";
import { MEMBER, TABLES } from "./tables.ts";

/** Columns of the guide's text. */
const WIDTH = 80;

/** The guide's tables of keys, one for each table of the file. */
export function keysMarkdown(): string {
  const sections = TABLES.map((table) => {
    const title = table === MEMBER ? "A table in `members`" : `\`${table.title}\``;
    return [
      `**${title}**`,
      "",
      ...breakLines(`${table.help[0]!.toUpperCase()}${table.help.slice(1)}.`, WIDTH),
      "",
      "| Key | Value | Default | Meaning |",
      "| --- | --- | --- | --- |",
      ...Object.values<Key>(table.keys).map(rowOf),
    ].join("\n");
  });
  return `${sections.join("\n\n")}\n`;
}

function rowOf(key: Key): string {
  const { name, type, list, alone, required, fallback } = key;
  const value = `${!list || alone ? type.placeholder : ""}${alone ? "|" : ""}${list ? `[${type.placeholder}, ...]` : ""}`;
  const usual = required ? "*required*" : fallback ? `\`${fallback}\`` : "*none*";
  const cells = [`\`${name}\``, `\`${value}\``, usual, helpOf(key)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
