import { write } from "node:fs";

import { escapeLaidOut } from "../text/escape.ts";

/** A stalled reader must neither block the service nor fill its memory. */
const MAX_WAITING_BYTES = 1 << 20;

/** Pause after a failed write, which may only mean that a non-blocking pipe is full. */
const RETRY_MS = 50;

/** Pause after a write that failed because the disk is full. */
const FULL_RETRY_MS = 1000;

/**
 * Writes to a file descriptor from another thread, in order. `process.stdout` does not suffice: under Bun it blocks on a
 * stopped terminal, and does not reveal how much waits for a stalled pipe.
 */
export class Output {
  /**
   * Whether to wait until a full disk has room again, so that a log continues where it was cut. Otherwise that output is
   * lost, and `drained` does not wait for it.
   */
  patient = false;
  readonly #descriptor: number;
  /** What is being written. */
  #waiting: Buffer = Buffer.alloc(0);
  /** What is written next. */
  #queue: string[] = [];
  #queued = 0;
  #busy = false;
  #abandoned = false;
  #lost: string | undefined;
  #idle: (() => void)[] = [];

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Whether the reader has closed its end, so that no further output is read. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Why output was lost that a reader may still want; undefined where none was. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Queues a text, without invisible characters; returns false, and drops it, when too much is waiting already. */
  write(text: string): boolean {
    if (this.#waiting.length + this.#queued > MAX_WAITING_BYTES) return false;
    const shown = escapeLaidOut(text);
    this.#queue.push(shown);
    this.#queued += Buffer.byteLength(shown);
    this.#pump();
    return true;
  }

  /** Resolves when everything is written. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#busy) return;
    if (this.#waiting.length === 0 && this.#queued > 0) {
      this.#waiting = Buffer.from(this.#queue.join(""));
      this.#queue = [];
      this.#queued = 0;
    }
    if (this.#waiting.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#busy = true;
    write(this.#descriptor, this.#waiting, 0, this.#waiting.length, null, (error, written) => {
      const retry = error && this.#retryAfter(error.code);
      if (retry) {
        setTimeout(() => {
          this.#busy = false;
          this.#pump();
        }, retry);
        return;
      }
      this.#busy = false;
      if (error?.code === "EPIPE") this.#abandoned = true;
      else if (error) this.#lost ??= error.message;
      // Without a reader (EPIPE) or room (ENOSPC) the output is lost, and the service continues.
      this.#waiting = error ? Buffer.alloc(0) : this.#waiting.subarray(written);
      this.#pump();
    });
  }

  /** Milliseconds until a failed write is to be repeated; undefined when it is not. */
  #retryAfter(code: string | undefined): number | undefined {
    if (code === "EAGAIN") return RETRY_MS;
    return this.patient && (code === "ENOSPC" || code === "EDQUOT") ? FULL_RETRY_MS : undefined;
  }
}

/** Standard output. */
export const output = new Output(1);
