import type { Warning } from "../warning-rules.ts";
import type { Key } from "./keys.ts";
import { userSpans } from "./hide-secrets.ts";
import { frame, lineOf } from "./lines.ts";
import type { Findings } from "./read.ts";
import type { Path, Places, Span } from "./scan.ts";

/** Collects what is found in a file. */
export class Collector implements Findings {
  readonly #file: string;
  readonly #text: string;
  readonly #places: Places;
  readonly #readSecret: Findings["readSecret"];
  readonly #found: { readonly at: Span; readonly text: string }[] = [];
  readonly #hidden: Span[];
  readonly #warnings: { readonly line: number; readonly warning: Warning }[] = [];

  /** @param file its name for messages */
  constructor(file: string, text: string, places: Places, readSecret: Findings["readSecret"]) {
    this.#file = file;
    this.#text = text;
    this.#places = places;
    this.#readSecret = readSecret;
    this.#hidden = userSpans(text);
  }

  report(path: Path, text: string, at: "key" | "value" = "value"): void {
    this.#found.push({ at: this.#places(path)?.[at] ?? NOWHERE, text });
  }

  warn(path: Path, { detail, remedy }: Warning): void {
    const line = this.lineOf(path);
    this.#warnings.push({ line, warning: { detail: `${this.#file}:${line}: ${detail}`, remedy } });
  }

  hide(path: Path): void {
    const place = this.#places(path);
    if (place) this.#hidden.push(place.value);
  }

  lineOf(path: Path): number {
    return lineOf(this.#text, (this.#places(path)?.value ?? NOWHERE).start);
  }

  readSecret(name: string, path: string, key: Key): string | undefined {
    return this.#readSecret(name, path, key);
  }

  /** All warnings in the order of the file. */
  get warnings(): Warning[] {
    return this.#warnings.toSorted((a, b) => a.line - b.line).map(({ warning }) => warning);
  }

  /** All problems in the order of the file, as people read them. */
  get problems(): string[] {
    const sorted = this.#found.toSorted((a, b) => a.at.start - b.at.start);
    const framed = sorted
      .slice(0, MOST_PROBLEMS)
      .map(({ at, text }) => frame(this.#file, this.#text, at, text, this.#hidden));
    return sorted.length > MOST_PROBLEMS ? [...framed, `and ${sorted.length - MOST_PROBLEMS} more problems`] : framed;
  }
}

/** More come from a file that is none of this program; to find the place of each would hold up the probes. */
const MOST_PROBLEMS = 1000;

/** Where what the whole file lacks is shown. */
const NOWHERE: Span = { start: 0, end: 0 };
