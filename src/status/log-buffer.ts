import { escapeControls } from "../text/escape.ts";
import type { Clock } from "../time/clock.ts";
import type { LogEntry } from "./schema.ts";

/** Log lines that are remembered. */
export const REMEMBERED_ENTRIES = 200;

/** Characters of a line; the rest of a longer one is cut off. */
const MAX_LENGTH = 500;

/** The last lines of the log from `info` on, independent of the level that is written. */
export class LogBuffer {
  readonly #clock: Clock;
  readonly #entries: LogEntry[] = [];
  #lastId: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Ids grow over restarts, unless there were a thousand entries a second or the clock was set back.
    this.#lastId = Math.max(0, Math.floor(clock.wall()));
  }

  /** @param pool the name of the pool that the line is about */
  add(level: LogEntry["level"], text: string, pool?: string): LogEntry {
    const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
    const time = this.#clock.format(this.#clock.wall());
    const entry: LogEntry = {
      id: ++this.#lastId,
      time,
      level,
      ...(pool !== undefined && { pool }),
      text: escapeControls(cut),
    };
    this.#entries.push(entry);
    if (this.#entries.length > REMEMBERED_ENTRIES) this.#entries.shift();
    return entry;
  }

  /** Entries after the one with this id, the oldest first. All of them for an id of the future (the clock was set back). */
  since(id = 0): readonly LogEntry[] {
    return id > this.#lastId ? [...this.#entries] : this.#entries.filter((entry) => entry.id > id);
  }
}
