import type { Log } from "../log/log.ts";
import { formatDuration } from "../net/duration.ts";
import { quote } from "../text/escape.ts";
import { replaceFile } from "./replace-file.ts";

/** The wait after a failure. */
const RETRY_MS = 5000;

/** All users may read it: it holds nothing but numbers. No power failure matters, since every start writes it anew. */
const OPTIONS = { mode: 0o644, folderMode: 0o755, durable: false } as const;

/** A file that always holds the newest text. One write is in flight at a time; texts that are overtaken are left out. */
export class TrackFile {
  readonly path: string;
  readonly #log: Log;
  #wanted: string | undefined;
  #written: string | undefined;
  #running: Promise<void> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failed = false;

  constructor(path: string, log: Log) {
    this.path = path;
    this.#log = log;
  }

  /** From now on it is to hold this text; resolves when it does, or cannot be written for now. */
  write(text: string): Promise<void> {
    this.#wanted = text;
    if (this.#running === undefined && text === this.#written) return Promise.resolve();
    this.#running ??= this.#writeAll();
    return this.#running;
  }

  /** Failures are not tried again from now on. */
  stop(): void {
    clearTimeout(this.#retry);
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      while (this.#wanted !== this.#written) {
        const text = this.#wanted!;
        await replaceFile(this.path, text, OPTIONS);
        this.#written = text;
      }
      this.#report(undefined);
    } catch (error) {
      this.#report((error as Error).message);
      this.#retry = setTimeout(() => void this.write(this.#wanted!), RETRY_MS);
      this.#retry.unref();
    }
    this.#running = undefined;
  }

  #report(trouble: string | undefined): void {
    const hasFailed = trouble !== undefined;
    if (hasFailed === this.#failed) return;
    this.#failed = hasFailed;
    const name = `the track file ${quote(this.path)}`;
    if (!hasFailed) return this.#log("info", `${name} is written again`);
    const next = `next try in ${formatDuration(RETRY_MS)}`;
    this.#log("error", `cannot write ${name}: ${trouble}; who reads it finds an old value; ${next}`);
  }
}
