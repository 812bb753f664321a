import type { LogEntry, Status } from "../../../status/schema.ts";

/** How news come in. */
export type ConnectionState =
  /** At once. */
  | { readonly kind: "live" }
  /** The service answers, but does not let this page follow; it is asked again and again. */
  | { readonly kind: "asking" }
  /** Not at all; tried again, unless it takes the person to go on. */
  | { readonly kind: "lost"; readonly why: string; readonly final: boolean };

export interface Listener {
  readonly status: (status: Status) => void;
  readonly entry: (entry: LogEntry) => void;
  readonly link: (link: ConnectionState) => void;
}

/** A service that says nothing for so long is asked whether it is still there. */
const SILENCE_MS = 20_000;

const RETRY_MS = 2000;

/** How long one question may take. */
const ANSWER_MS = 8000;

/**
 * Follows the service for good, through its restarts. The browser's own way of connecting again is not used: it gives up
 * for ever at the first answer that is not a stream, and tells nobody why.
 */
export class Connection {
  readonly #listener: Listener;
  /** The stream of news; undefined while it is asked instead. */
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  /** Whether only a person can go on. */
  #over = false;

  constructor(listener: Listener) {
    this.#listener = listener;
    this.#follow();
    // A machine that slept, or a network that has changed: whether the connection is still good shows at once.
    document.addEventListener("visibilitychange", () => document.hidden || void this.#again());
    window.addEventListener("online", () => void this.#again());
  }

  #follow(): void {
    const source = new EventSource("/api/v1/events");
    this.#source = source;
    this.#later(SILENCE_MS);
    source.addEventListener("status", ({ data }) => this.#heard(JSON.parse(data) as Status));
    source.addEventListener("event", ({ data }) => this.#listener.entry(JSON.parse(data) as LogEntry));
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.#letGo();
      void this.#check();
    });
  }

  /** Asks what is silent whether it is there, and follows again what is there. */
  async #again(): Promise<void> {
    const answers = await this.#check();
    if (answers && !this.#source) this.#follow();
  }

  /** Asks for the status, and tells whether there was an answer. */
  async #check(): Promise<boolean> {
    if (this.#asking || this.#over) return false;
    this.#asking = true;
    const answer = await ask();
    this.#asking = false;
    if ("status" in answer) {
      this.#heard(answer.status);
      return true;
    }
    this.#letGo();
    this.#listener.link({ kind: "lost", ...answer });
    this.#over = answer.final;
    if (this.#over) clearTimeout(this.#timer);
    else this.#later(RETRY_MS);
    return false;
  }

  #heard(status: Status): void {
    this.#later(this.#source ? SILENCE_MS : RETRY_MS);
    this.#listener.link({ kind: this.#source ? "live" : "asking" });
    this.#listener.status(status);
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#again(), milliseconds);
  }

  #letGo(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}

type Answer = { readonly status: Status } | { readonly why: string; readonly final: boolean };

async function ask(): Promise<Answer> {
  try {
    const response = await fetch("/api/v1/status", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.status === 401) return { why: "the service wants its password again", final: true };
    if (response.status === 404) return { why: "the service runs without a status page now", final: false };
    if (!response.ok) return { why: `the service answers with status ${response.status}`, final: false };
    return { status: (await response.json()) as Status };
  } catch (error) {
    const slow = error instanceof DOMException && error.name === "TimeoutError";
    return { why: slow ? `no answer within ${ANSWER_MS / 1000}s` : "nothing answers", final: false };
  }
}
