import type { LogEntry, Status } from "../../../status/schema.ts";

export type ConnectionState =
  /** Events arrive as they happen. */
  | { readonly kind: "live" }
  /** The service responds, but has no room for another stream; the page polls it. */
  | { readonly kind: "polling" }
  /** No data arrives. The page tries again, unless the user has to act (`final`). */
  | { readonly kind: "lost"; readonly why: string; readonly final: boolean };

export interface Listener {
  readonly status: (status: Status) => void;
  readonly entry: (entry: LogEntry) => void;
  readonly connection: (connection: ConnectionState) => void;
}

/** After so long without an event the page requests the status. */
const SILENCE_MS = 20_000;

const RETRY_MS = 2000;

/** Timeout of a request. */
const TIMEOUT_MS = 8000;

/**
 * Follows the service permanently, across its restarts. The browser's own reconnection of event streams is not used: it
 * ends at the first response that is not a stream, and gives no reason.
 */
export class Connection {
  readonly #listener: Listener;
  /** The event stream; undefined while the page polls. */
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #requesting = false;
  /** Whether the user has to act. */
  #final = false;

  constructor(listener: Listener) {
    this.#listener = listener;
    this.#openStream();
    // After a sleep of the machine or a change of its network, a dead connection is found at once.
    document.addEventListener("visibilitychange", () => document.hidden || void this.#poll());
    window.addEventListener("online", () => void this.#poll());
  }

  #openStream(): void {
    const source = new EventSource("/api/v1/events");
    this.#source = source;
    this.#pollAfter(SILENCE_MS);
    source.addEventListener("status", ({ data }) => this.#received(JSON.parse(data) as Status));
    source.addEventListener("event", ({ data }) => this.#listener.entry(JSON.parse(data) as LogEntry));
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.#closeStream();
      void this.#requestStatus();
    });
  }

  /** Requests the status, and opens the stream again if the service responds. */
  async #poll(): Promise<void> {
    const responds = await this.#requestStatus();
    if (responds && !this.#source) this.#openStream();
  }

  /** Requests the status, and returns whether the service responded. */
  async #requestStatus(): Promise<boolean> {
    if (this.#requesting || this.#final) return false;
    this.#requesting = true;
    const result = await fetchStatus();
    this.#requesting = false;
    if ("status" in result) {
      this.#received(result.status);
      return true;
    }
    this.#closeStream();
    this.#listener.connection({ kind: "lost", ...result });
    this.#final = result.final;
    if (this.#final) clearTimeout(this.#timer);
    else this.#pollAfter(RETRY_MS);
    return false;
  }

  #received(status: Status): void {
    this.#pollAfter(this.#source ? SILENCE_MS : RETRY_MS);
    this.#listener.connection({ kind: this.#source ? "live" : "polling" });
    this.#listener.status(status);
  }

  #pollAfter(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), milliseconds);
  }

  #closeStream(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}

type Result = { readonly status: Status } | { readonly why: string; readonly final: boolean };

async function fetchStatus(): Promise<Result> {
  try {
    const response = await fetch("/api/v1/status", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 401) return { why: "the service requires the password again", final: true };
    if (response.status === 404) return { why: "the service now runs without a status page", final: false };
    if (!response.ok) return { why: `the service responds with HTTP status ${response.status}`, final: false };
    return { status: (await response.json()) as Status };
  } catch (error) {
    const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
    return { why: isTimeout ? `no response within ${TIMEOUT_MS / 1000}s` : "the service is unreachable", final: false };
  }
}
