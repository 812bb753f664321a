import { type Element, type Node, rowsOf, targetOf, textOf } from "../../guide/markdown.ts";
import { list, literal, plain, sentences, word } from "./mdoc.ts";

/** The blocks of a page as mdoc(7), without its title. */
export function mdocOf(blocks: readonly Element[]): string[] {
  return blocks.flatMap((block, index) => {
    const begins = index === 0 || /^h\d$/.test(blocks[index - 1]!.tag);
    return [...(!begins && (block.tag === "p" || isTight(block)) ? [".Pp"] : []), ...render(block)];
  });
}

function render(block: Element): string[] {
  switch (block.tag) {
    case "h1":
    case "hr":
      return [];
    case "pre":
      return literal(textOf(block).trimEnd().split("\n"));
    case "ul":
    case "ol":
      return listOf(block);
    case "table":
      return tableOf(block);
    case "blockquote":
      return mdocOf(block.children as readonly Element[]);
    case "p":
    case "text":
      return [inline(block.children)];
    default:
      return [`.Ss ${head(block)}`];
  }
}

/** Whether it is a list without blank lines between its items. */
function isTight({ tag, children }: Element): boolean {
  const blocks = (children as readonly Element[]).flatMap((item) => item.children as readonly Element[]);
  return (tag === "ul" || tag === "ol") && blocks.every((block) => block.tag !== "p");
}

function listOf(block: Element): string[] {
  const items = block.children as readonly Element[];
  const kind = `${block.tag === "ul" ? "-bullet" : "-enum"}${isTight(block) ? " -compact" : ""}`;
  return list(
    items.map((item) => ["", ...mdocOf(item.children as readonly Element[])]),
    kind,
  );
}

/** A table as a list of its rows: a terminal may be narrow. */
function tableOf(table: Element): string[] {
  const [titles = [], ...rows] = rowsOf(table);
  const items = rows.map(([first, ...cells]): [string, ...string[]] => {
    const facts = cells.flatMap((cell, index) => {
      const label = titles.length > 2 ? `${plain(textOf(titles[index + 1]!))}: ` : "";
      return textOf(cell) === "" ? [] : [".br", label + inline(cell.children)];
    });
    return [`Sy ${head(first!)}`, ...facts.slice(1)];
  });
  return list(items);
}

/** Text as the arguments of a macro. */
export function head(node: Node): string {
  return textOf(node).split(" ").map(word).join(" ");
}

/** Text with code in bold letters, and behind each link where it leads. */
function inline(nodes: readonly Node[]): string {
  const parts = nodes.map((node, index) => {
    if (typeof node === "string") {
      const text = sentences(node);
      return index < nodes.length - 1 ? text.replace(/(?<=[.!?]) $/, "\n") : text; // the next one begins a sentence
    }
    if (node.tag === "br") return "\n.br\n";
    if (node.tag === "code") return `\\fB${plain(textOf(node)).replaceAll("-", "\\-")}\\fR`;
    if (node.tag === "strong") return `\\fB${plain(textOf(node))}\\fR`;
    if (node.tag === "em") return `\\fI${plain(textOf(node))}\\fR`;
    return inline(node.children) + plain(targetOf(node));
  });
  return parts.join("");
}
