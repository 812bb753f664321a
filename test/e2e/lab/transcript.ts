/** The lines that a process prints, each with the time at which it arrived, and waits for further lines. */
import { type Explain, within } from "./wait.ts";

export interface Line {
  /** By the clock of `performance.now()`, as the times of requests at the fake gateways are. */
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

  /** The current end of the transcript: give it to `next` or `matching` to skip the lines before it. */
  mark(): number {
    return this.lines.length;
  }

  /** The lines that match, from a mark on. */
  matching(pattern: RegExp, since = 0): Line[] {
    return this.lines.slice(since).filter((line) => pattern.test(line.text));
  }

  /** The first line from a mark on that matches; waits for it where it has not arrived yet. */
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

  /** Calls back for every further line. */
  onLine(listener: (line: Line) => void): void {
    this.#listeners.add(listener);
  }

  /** Waits until the process has closed its end, and returns the whole text. */
  async text(): Promise<string> {
    await this.#ended;
    return this.toString();
  }

  /** Closes the reading end of the pipe: the next write of the process fails with EPIPE. */
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
