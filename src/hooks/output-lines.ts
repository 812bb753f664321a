/** Lines of one output that are kept. */
const MAX_LINES = 20;

/** Characters of a line that are kept. */
const MAX_LENGTH = 300;

/** The first lines of an output of any length, in little memory. */
export class OutputLines {
  readonly #lines: string[] = [];
  readonly #decoder = new TextDecoder();
  #rest = "";
  #omitted = 0;

  /** Adds the next bytes of the output, cut anywhere. */
  add(bytes: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = parts.pop()!.slice(0, MAX_LENGTH + 1); // one more, to recognize a line that is too long
    for (const line of parts) this.#keep(line);
  }

  /** The lines, once the output has ended. */
  end(): readonly string[] {
    if (this.#rest !== "") this.#keep(this.#rest);
    this.#rest = "";
    return this.#omitted === 0 ? this.#lines : [...this.#lines, `(${this.#omitted} more lines)`];
  }

  #keep(line: string): void {
    const text = line.trimEnd();
    if (text === "") return;
    if (this.#lines.length === MAX_LINES) this.#omitted++;
    else this.#lines.push(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text);
  }
}
