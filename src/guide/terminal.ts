import { breakLines, READABLE_WIDTH } from "../text/lines.ts";
import { type Cell, inColour, layOut, type Look, plain } from "../text/table.ts";
import { type Element, type Node, parseMarkdown, rowsOf, targetOf, textOf } from "./markdown.ts";

/** Indentation of everything below a heading. */
const BODY = "    ";

/** The widest column of a table is broken into lines of at least so many characters; otherwise the table becomes a list. */
const LEAST_COLUMN = 30;

/** Room for a block, in characters. */
interface Room {
  readonly text: number;
  /** Tables may be wider than text. */
  readonly table: number;
  readonly colour: boolean;
}

/** A Markdown page as lines for a terminal of this width; only code, and words without a space, may be wider. */
export function renderMarkdown(markdown: string, { width, colour }: Look): string {
  const table = Number.isFinite(width) ? width : READABLE_WIDTH;
  const room = { text: Math.min(width, READABLE_WIDTH), table, colour };
  const lines = parseMarkdown(markdown).flatMap((block, index) => {
    const indent = /^h[12]$/.test(block.tag) ? "" : /^h\d$/.test(block.tag) ? BODY.slice(2) : BODY;
    return [...(index > 0 ? [""] : []), ...indented(block, indent, room)];
  });
  return `${lines.join("\n")}\n`;
}

/** A block with each line indented, the first one by another text of the same length where one is given. */
function indented(block: Element | readonly Element[], indent: string, room: Room, first = indent): string[] {
  const narrower = { ...room, text: room.text - indent.length, table: room.table - indent.length };
  const lines = "tag" in block ? render(block, narrower) : renderAll(block, narrower);
  return lines.map((line, index) => (line === "" ? "" : (index === 0 ? first : indent) + line));
}

/** Blocks below each other, separated by blank lines; but a list follows the text of its item at once. */
function renderAll(blocks: readonly Element[], room: Room): string[] {
  return blocks.flatMap((block, index) => {
    const separated = index > 0 && blocks[index - 1]!.tag !== "text";
    return [...(separated ? [""] : []), ...render(block, room)];
  });
}

function render(block: Element, room: Room): string[] {
  switch (block.tag) {
    case "pre":
      return textOf(block)
        .trimEnd()
        .split("\n")
        .map((line) => line && `  ${line}`);
    case "ul":
    case "ol":
      return list(block, room);
    case "blockquote":
      return indented(block.children as readonly Element[], "| ", room);
    case "table":
      return table(block, room);
    case "hr":
      return ["-".repeat(room.text)];
    case "p":
    case "text":
      return breakLines(inline(block.children, room.colour), room.text);
    default: // a heading
      return breakLines(bold(textOf(block), room.colour), room.text);
  }
}

function list({ tag, start = 1, children }: Element, room: Room): string[] {
  const items = children as readonly Element[];
  const loose = items.some((item) => item.children.some((child) => typeof child !== "string" && child.tag === "p"));
  const marks = items.map((_, index) => (tag === "ul" ? "- " : `${start + index}. `));
  const indent = " ".repeat(Math.max(...marks.map(({ length }) => length)));
  return items.flatMap((item, index) => {
    const lines = indented(item.children as readonly Element[], indent, room, marks[index]!.padEnd(indent.length));
    return loose && index > 0 ? ["", ...lines] : lines;
  });
}

/** A table whose widest column is broken into lines where that is needed; in too little room, a list of its rows. */
function table(element: Element, room: Room): string[] {
  const cells = rowsOf(element);
  const [titles, ...rows] = cells.map((row) => row.map((cell) => inline(cell.children, false)));
  if (!titles) return [];
  const widths = titles.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]!.length)));
  const widest = widths.indexOf(Math.max(...widths));
  const others = widths.reduce((sum, width, index) => sum + (index === widest ? 0 : width + 2), 0);
  const width = Math.min(widths[widest]!, READABLE_WIDTH, room.table - others);
  if (width < Math.min(widths[widest]!, LEAST_COLUMN)) return listOfRows(titles, rows, room);
  const lines = rows.flatMap((row) =>
    breakLines(row[widest]!, width).map((part, line) =>
      row.map((cell, index): Cell => ({ text: index === widest ? part : line === 0 ? cell : "" })),
    ),
  );
  const columns = titles.map((title, index) => {
    const right = cells[0]![index]!.align === "right";
    return { title, cells: lines.map((line) => line[index]!), ...(right ? { right } : {}) };
  });
  return layOut(columns, room.table, room.colour ? inColour : plain);
}

function listOfRows(titles: readonly string[], rows: readonly (readonly string[])[], room: Room): string[] {
  return rows.flatMap(([head, ...cells], row) => {
    const facts = cells.flatMap((cell, index) => {
      if (cell === "") return [];
      const label = titles.length === 2 ? "" : `${titles[index + 1]}: `;
      const [first, ...more] = breakLines(label + cell, room.text - BODY.length - 2);
      return [BODY + first, ...more.map((line) => BODY + (label && "  ") + line)];
    });
    return [...(row > 0 ? [""] : []), ...breakLines(bold(head!, room.colour), room.text), ...facts];
  });
}

const bold = (text: string, colour: boolean): string => (colour ? `\x1b[1m${text}\x1b[22m` : text);

/** Text with its markup: code and strong text are bold, emphasised text is underlined, links name their target. */
function inline(nodes: readonly Node[], colour: boolean): string {
  const parts = nodes.map((node) => {
    if (typeof node === "string") return node;
    if (node.tag === "br") return "\n";
    if (node.tag === "code" || node.tag === "strong") return bold(inline(node.children, false), colour);
    const text = inline(node.children, colour);
    if (node.tag === "em") return colour ? `\x1b[4m${text}\x1b[24m` : text;
    return node.tag === "a" ? text + targetOf(node) : text;
  });
  return parts.join("");
}
