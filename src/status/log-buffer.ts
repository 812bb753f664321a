import { escapeControls } from "../text/escape.ts";
import type { Clock } from "../time/clock.ts";
import type { LogEntry } from "./schema.ts";

/** How many entries are remembered. */
export const REMEMBERED_ENTRIES = 200;

/** The end of a longer text is left out. */
const LONGEST_TEXT = 500;

/** The last lines of the log that a person would want to read, whatever level is written. */
export class LogBuffer {
  readonly #clock: Clock;
  readonly #entries: LogEntry[] = [];
  #lastId: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Ids go on growing after a restart, unless there were a thousand entries a second or the clock was set back.
    this.#lastId = Math.max(0, Math.floor(clock.wall()));
  }

  add(level: LogEntry["level"], text: string): LogEntry {
    const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text;
    const time = this.#clock.format(this.#clock.wall());
    const entry: LogEntry = { id: ++this.#lastId, time, level, text: escapeControls(cut) };
    this.#entries.push(entry);
    if (this.#entries.length > REMEMBERED_ENTRIES) this.#entries.shift();
    return entry;
  }

  /** Entries after the one with this id, the oldest first. An id that never was (the clock was set back) means all. */
  since(id = 0): readonly LogEntry[] {
    return id > this.#lastId ? [...this.#entries] : this.#entries.filter((entry) => entry.id > id);
  }
}
