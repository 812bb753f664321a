import { parse } from "smol-toml";

/** A part of a text: from the first character to the one before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The keys and the numbers of list items that lead from the root of a document to a value. */
export type Path = readonly (string | number)[];

/** Where a key and its value are. The value of a table is its header, or the key that makes it. */
export interface Place {
  readonly key: Span;
  readonly value: Span;
}

/** Finds where a value is; that of the nearest table around it where it is missing. */
export type Places = (path: Path) => Place | undefined;

/**
 * Finds the place of every key and value of a document that is known to be valid: the parser gives no places but that of
 * the first error.
 */
export function scan(text: string): Places {
  const places = new Map<string, Place>();
  new Scanner(text, (path, place) => {
    const name = JSON.stringify(path);
    if (!places.has(name)) places.set(name, place); // a table may be named by several headers; the first one counts
  }).document();
  const find = (path: Path): Place | undefined =>
    places.get(JSON.stringify(path)) ?? (path.length > 0 ? find(path.slice(0, -1)) : undefined);
  return find;
}

/** Where the key whose first part begins at an offset was given before. What follows that key need not be valid TOML. */
export function givenBefore(text: string, offset: number): Span | undefined {
  const keys = new Map<string, Span>();
  let before: Span | undefined;
  new Scanner(text, (path, { key }) => {
    const name = JSON.stringify(path);
    const first = keys.get(name);
    const isPart = key.start >= offset && !/[\n=\]]/.test(text.slice(offset, key.start));
    if (first === undefined) keys.set(name, key);
    else if (isPart && first.start < offset) before = first;
  }).document(offset);
  return before;
}

interface KeyPart extends Span {
  readonly name: string;
}

class Scanner {
  readonly #text: string;
  readonly #found: (path: Path, place: Place) => void;
  #at = 0;
  /** How many tables each list of tables has so far, by its path. */
  readonly #lengths = new Map<string, number>();

  constructor(text: string, found: (path: Path, place: Place) => void) {
    this.#text = text;
    this.#found = found;
  }

  /** @param last where the last header or pair begins, or an offset in it */
  document(last = Infinity): void {
    let table: Path = [];
    if (this.#text.startsWith("\ufeff")) this.#at = 1;
    for (this.#skipVoid(); this.#at < Math.min(this.#text.length, last + 1); this.#skipVoid()) {
      if (this.#text[this.#at] === "[") table = this.#header();
      else this.#pair(table);
    }
  }

  /** Reads `[a.b]` or `[[a.b]]`. */
  #header(): Path {
    const start = this.#at;
    const isList = this.#text.startsWith("[[", start);
    this.#at += isList ? 2 : 1;
    const parts = this.#key("]");
    this.#at += isList ? 2 : 1;
    const header = { start, end: this.#at };
    let path: Path = [];
    for (const [index, part] of parts.entries()) {
      path = [...path, part.name];
      this.#found(path, { key: part, value: header });
      const name = JSON.stringify(path);
      if (isList && index === parts.length - 1) this.#lengths.set(name, (this.#lengths.get(name) ?? 0) + 1);
      const length = this.#lengths.get(name);
      if (length === undefined) continue;
      path = [...path, length - 1];
      this.#found(path, { key: part, value: header });
    }
    return path;
  }

  /** Reads `a.b = value` of a table. */
  #pair(table: Path): void {
    const parts = this.#key("=");
    this.#at++;
    this.#skipVoid();
    const last = parts.at(-1);
    if (last === undefined) return; // not valid
    const path = [...table, ...parts.map(({ name }) => name)];
    for (const [index, part] of parts.slice(0, -1).entries()) {
      this.#found(path.slice(0, table.length + index + 1), { key: part, value: part });
    }
    this.#found(path, { key: last, value: this.#value(path) });
  }

  /** Reads the parts of a key up to the character that ends it. */
  #key(end: string): KeyPart[] {
    const parts: KeyPart[] = [];
    for (; this.#at < this.#text.length && this.#text[this.#at] !== end;) {
      const start = this.#at;
      if (/[ \t.]/.test(this.#text[start]!)) {
        this.#at++;
      } else if (/["']/.test(this.#text[start]!)) {
        this.#skipString();
        parts.push({ start, end: this.#at, name: unquoted(this.#text.slice(start, this.#at)) });
      } else {
        this.#skip(/[^\s.=\]]+|[^]/y);
        parts.push({ start, end: this.#at, name: this.#text.slice(start, this.#at) });
      }
    }
    return parts;
  }

  #value(path: Path): Span {
    const start = this.#at;
    const first = this.#text[start];
    if (first === "[") this.#items("]", (index) => this.#item([...path, index]));
    else if (first === "{") this.#items("}", () => this.#pair(path));
    else if (first === '"' || first === "'") this.#skipString();
    else this.#skip(/[^,\]}#\r\n]+/y);
    while (/[ \t]/.test(this.#text[this.#at - 1]!)) this.#at--; // a date and its time may have a space between them
    return { start, end: this.#at };
  }

  #item(path: Path): void {
    const value = this.#value(path);
    this.#found(path, { key: value, value });
  }

  #items(end: string, one: (index: number) => void): void {
    this.#at++;
    for (let index = 0; this.#at < this.#text.length; index++) {
      this.#skipVoid();
      if (this.#text[this.#at] !== end) one(index);
      this.#skipVoid();
      if (this.#text[this.#at] === ",") this.#at++;
      else break;
    }
    this.#at++;
  }

  #skipString(): void {
    const quote = this.#text[this.#at]!;
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = quote.repeat(isLong ? 3 : 1);
    for (this.#at += end.length; this.#at < this.#text.length && !this.#text.startsWith(end, this.#at); this.#at++) {
      if (quote === '"' && this.#text[this.#at] === "\\") this.#at++;
    }
    this.#at += end.length;
    // Up to two quotation marks may stand before the three that end a long string.
    for (let more = 0; isLong && more < 2 && this.#text[this.#at] === quote; more++) this.#at++;
  }

  /** Skips spaces, line breaks and comments. */
  #skipVoid(): void {
    this.#skip(/(?:[ \t\r\n]|#[^\n]*)*/y);
  }

  #skip(what: RegExp): void {
    what.lastIndex = this.#at;
    this.#at += what.exec(this.#text)?.[0].length || 0;
  }
}

/** A key without its quotation marks and escapes; as it is where it is none, behind a fault of syntax. */
function unquoted(key: string): string {
  try {
    return Object.keys(parse(`${key} = 0`))[0]!;
  } catch {
    return key;
  }
}
