/** So many lines of one run are kept, */
const MOST_LINES = 20;

/** each of them so long. */
const LONGEST_LINE = 300;

/** The first lines of an output of any length, in little memory. */
export class Lines {
  readonly #kept: string[] = [];
  readonly #decoder = new TextDecoder();
  #rest = "";
  #leftOut = 0;

  /** Takes in more of the output. */
  add(bytes: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = parts.pop()!.slice(0, LONGEST_LINE + 1); // one more, to know a line that is too long
    for (const line of parts) this.#keep(line);
  }

  /** The lines, once the output has ended. */
  end(): readonly string[] {
    if (this.#rest !== "") this.#keep(this.#rest);
    this.#rest = "";
    return this.#leftOut === 0 ? this.#kept : [...this.#kept, `(${this.#leftOut} more lines)`];
  }

  #keep(line: string): void {
    const text = line.trimEnd();
    if (text === "") return;
    if (this.#kept.length === MOST_LINES) this.#leftOut++;
    else this.#kept.push(text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}...` : text);
  }
}
