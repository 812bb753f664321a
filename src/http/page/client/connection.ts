import type { LogEntry, Status, Stopped } from "../../../status/schema.ts";
import type { ConnectionState } from "../headline.ts";

export interface Listener {
  /** New data has arrived, over this connection. */
  readonly status: (status: Status, connection: ConnectionState) => void;
  readonly entry: (entry: LogEntry) => void;
  /** No data arrives. */
  readonly interrupted: (connection: ConnectionState) => void;
}

/** After so long without an event the page requests the status. */
const SILENCE_MS = 20_000;

/** Time between two attempts while there is no stream. */
export const RETRY_MS = 2000;

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
  /** Set from the last event of a service that was stopped until anything responds again. */
  #stopped: Stopped | undefined;
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
    source.addEventListener("stopped", ({ data }) => this.#stop(JSON.parse(data) as Stopped));
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.#closeStream();
      void this.#requestStatus();
    });
  }

  /** The service says that it was stopped, before it closes the stream. */
  #stop(stopped: Stopped): void {
    this.#stopped = stopped;
    this.#closeStream();
    this.#listener.interrupted({ kind: "stopped", stopped });
    this.#pollAfter(RETRY_MS);
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
    const before = this.#stopped;
    const result = await fetchStatus();
    this.#requesting = false;
    if (this.#stopped !== before) return false; // stopped meanwhile, so the answer is from before
    if ("status" in result) {
      this.#received(result.status);
      return true;
    }
    this.#closeStream();
    const { responds, ...lost } = result;
    if (responds) this.#stopped = undefined;
    const stopped = this.#stopped;
    this.#listener.interrupted(stopped ? { kind: "stopped", stopped } : { kind: "lost", ...lost });
    this.#final = result.final;
    if (this.#final) clearTimeout(this.#timer);
    else this.#pollAfter(RETRY_MS);
    return false;
  }

  #received(status: Status): void {
    this.#stopped = undefined;
    this.#pollAfter(this.#source ? SILENCE_MS : RETRY_MS);
    this.#listener.status(status, { kind: this.#source ? "live" : "polling" });
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

type Result = { readonly status: Status } | Failure;

interface Failure {
  readonly why: string;
  /** Whether the user has to act. */
  readonly final: boolean;
  /** Whether anything responded. */
  readonly responds: boolean;
}

async function fetchStatus(): Promise<Result> {
  try {
    const response = await fetch("/api/v1/status", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return { status: (await response.json()) as Status };
    return { why: reasonOf(response.status), final: response.status === 401, responds: true };
  } catch (error) {
    const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
    const why = isTimeout ? `no response within ${TIMEOUT_MS / 1000}s` : "the service is unreachable";
    return { why, final: false, responds: false };
  }
}

function reasonOf(status: number): string {
  if (status === 401) return "the service requires the password again";
  if (status === 404) return "the service now runs without a status page";
  return `the service responds with HTTP status ${status}`;
}
