import { type Element, parseMarkdown, textOf } from "./markdown.ts";
import { TOPICS } from "./topics.ts";

/** A page of the guide. */
export interface Page {
  /** What `help` is asked for. */
  readonly topic: string;
  readonly title: string;
  /** The first sentence below the title. */
  readonly summary: string;
  readonly markdown: string;
}

/** All pages, in the order of `help`. */
export const pages: readonly Page[] = TOPICS.map(([topic, markdown]) => {
  const blocks = parseMarkdown(markdown);
  const first = (tag: string): string => textOf(blocks.find((block: Element) => block.tag === tag) ?? "");
  return { topic, title: first("h1"), summary: /^.*?[.!?](?= |$)/.exec(first("p"))?.[0] ?? "", markdown };
});
