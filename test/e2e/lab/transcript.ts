/** The lines a process prints, kept with the time each arrived, and waits for the ones to come. */
import { type Explain, within } from "./wait.ts";

export interface Line {
  /** Clock of `performance.now()`, the same as in the records of the fake gateways. */
  readonly at: number;
  readonly text: string;
}

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

export class Transcript {
  readonly lines: Line[] = [];
  readonly #reader: Reader;
  readonly #explain: Explain;
  readonly #ended: Promise<void>;
  #listeners = new Set<(line: Line) => void>();

  constructor(stream: ReadableStream<Uint8Array>, explain?: Explain) {
    this.#explain = explain ?? (async () => this.tail());
    this.#reader = stream.getReader();
    this.#ended = this.#read();
  }

  /** The place in the transcript where it ends now: give it to `next` to skip what is already there. */
  mark(): number {
    return this.lines.length;
  }

  /** The lines that match, from a mark on. */
  matching(pattern: RegExp, since = 0): Line[] {
    return this.lines.slice(since).filter((line) => pattern.test(line.text));
  }

  /** The first line from a mark on that matches, waiting for it to arrive where it isn't there yet. */
  async next(pattern: RegExp, since = 0): Promise<Line> {
    const known = this.matching(pattern, since)[0];
    if (known) return known;
    const { promise, resolve } = Promise.withResolvers<Line>();
    const listener = (line: Line): void => {
      if (pattern.test(line.text)) resolve(line);
    };
    this.#listeners.add(listener);
    try {
      return await within(`a line like ${pattern}`, promise, this.#explain);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Calls back for every line to come. */
  onLine(listener: (line: Line) => void): void {
    this.#listeners.add(listener);
  }

  /** All the text once the process has closed its end. */
  async text(): Promise<string> {
    await this.#ended;
    return this.toString();
  }

  /** Closes our end of the pipe: the process gets EPIPE at its next write. */
  async close(): Promise<void> {
    await this.#reader.cancel();
  }

  /** The last lines, for an error message. */
  tail(count = 40): string {
    return this.lines
      .slice(-count)
      .map((line) => line.text)
      .join("\n");
  }

  toString(): string {
    return this.lines.map((line) => line.text).join("\n");
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      const pieces = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = pieces.pop() ?? "";
      for (const text of pieces) this.#add(text);
    }
    if (rest !== "") this.#add(rest);
  }

  #add(text: string): void {
    const line = { at: performance.now(), text };
    this.lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
