/** An element of a page, named as in HTML. */
export interface Element {
  /** `text` is what an item of a list has in place of `p` where no blank lines separate the items. */
  readonly tag: string;
  readonly children: readonly Node[];
  /** Target of a link. */
  readonly href?: string | undefined;
  /** Number of an ordered list's first item. */
  readonly start?: number | undefined;
  /** Alignment of a cell. */
  readonly align?: string | undefined;
}

export type Node = string | Element;

/** An element as the parser of the runtime returns it. */
interface Parsed {
  readonly type: string | symbol;
  readonly props: {
    readonly children?: readonly (string | Parsed)[];
    readonly href?: string;
    readonly start?: number;
    readonly align?: string;
    readonly alt?: string;
  };
}

const BLOCKS = ["p", "ul", "ol", "pre", "blockquote", "table", "hr", "h1", "h2", "h3", "h4", "h5", "h6"];

/**
 * The blocks of a Markdown page. HTML blocks, such as comments, are left out; a soft line break is a space; an image is
 * its alternative text; an item of a list holds blocks only.
 */
export function parseMarkdown(text: string): readonly Element[] {
  const root = Bun.markdown.react(text) as unknown as Parsed;
  return blocksOf(convert(root).children);
}

function convert({ type, props: { children = [], href, start, align } }: Parsed): Element {
  const tag = String(type);
  const nodes: Node[] = [];
  for (const child of children) {
    const node = typeof child === "string" || child.type === "img" ? stringOf(child, tag) : convert(child);
    const last = nodes.at(-1);
    if (typeof node === "string" && typeof last === "string") nodes[nodes.length - 1] = last + node;
    else if (typeof node === "string" || node.tag !== "html") nodes.push(node);
  }
  return { tag, children: tag === "li" || tag === "blockquote" ? blocksOf(nodes) : nodes, href, start, align };
}

/** A text within an element, where a line break is a space unless it is code; an image is its alternative text. */
function stringOf(child: string | Parsed, tag: string): string {
  const text = typeof child === "string" ? child : (child.props.alt ?? "");
  return tag === "pre" ? text : text.replaceAll("\n", " ");
}

/** The nodes as blocks: inline ones next to each other become one block `text`. */
function blocksOf(nodes: readonly Node[]): Element[] {
  const blocks: { tag: string; children: Node[] }[] = [];
  for (const node of nodes) {
    if (typeof node !== "string" && BLOCKS.includes(node.tag)) blocks.push(node as { tag: string; children: Node[] });
    else if (blocks.at(-1)?.tag === "text") blocks.at(-1)!.children.push(node);
    else blocks.push({ tag: "text", children: [node] });
  }
  return blocks;
}

/** All text below a node, without its markup. */
export function textOf(node: Node): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

/** The cells of a table, row by row; the first row holds the titles. */
export function rowsOf(table: Element): readonly (readonly Element[])[] {
  const elements = (node: Element): readonly Element[] => node.children.filter((child) => typeof child !== "string");
  return elements(table).flatMap(elements).map(elements);
}

/** The name of the topic that a link leads to; undefined where it leads elsewhere. */
export function topicOfLink(href: string): string | undefined {
  return /^(?:\.\/)?([a-z-]+)\.md(?:#.*)?$/.exec(href)?.[1];
}

/** What a reader of plain text needs behind the text of a link: where to read on. */
export function targetOf(link: Element): string {
  const { href = "" } = link;
  const text = textOf(link);
  const topic = topicOfLink(href);
  if (topic !== undefined) return text.includes(`help ${topic}`) ? "" : ` (help ${topic})`;
  return /^https?:/.test(href) && href !== text ? ` (${href})` : "";
}
