import { steadyNow } from "../time/clock.ts";
import type { Held } from "./connection-limits.ts";
import type { Incoming } from "./handler.ts";
import { MOST_HEAD_BYTES, readHead, type RequestHead } from "./request-head.ts";
import { chunkOf, headOfStream, type Respond, responseOf, wholeResponse } from "./response-bytes.ts";
import { textResponse, isStream } from "./responses.ts";

/** Time for the first byte of a request, and for the next one on a connection that is kept. */
const IDLE_LIMIT_MS = 30_000;

/** Time for the rest of a request, from its first byte on. */
const HEAD_LIMIT_MS = 10_000;

/** Time in which a client has to read some of a response. */
const READ_LIMIT_MS = 30_000;

/** Time in which a client has to close a connection after the last response: what it still sends would reset it. */
const LINGER_MS = 2000;

/** Requests that a client sends before it has the responses wait in so many bytes; the connection ends after these. */
const MOST_WAITING_BYTES = 4 * MOST_HEAD_BYTES;

/** A client that sends more after its last request is disconnected at once. */
const MOST_DISCARDED_BYTES = 1 << 20;

/** The socket of a connection. */
export interface Wire {
  /** Sends what fits now and returns how many bytes that are; less than 0 when the client is gone. */
  write(bytes: Uint8Array): number;
  /** Sends no more. */
  end(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

export interface ConnectionOptions {
  readonly wire: Wire;
  /** The address of the client. */
  readonly from: string;
  readonly respond: (request: Incoming) => Response | Promise<Response>;
  /** Called when the client does not read as fast as it is sent to. */
  readonly onSlow?: () => void;
}

/** The server's side of one connection: reads requests one after the other, and sends the response of each. */
export class Connection implements Held {
  readonly from: string;
  #phase: Held["phase"] = "waiting";
  #since = steadyNow();
  readonly #options: ConnectionOptions;
  /** Bytes of the client that are not parsed yet. */
  #input: Buffer = Buffer.alloc(0);
  /** Whether nothing more is read: the client sends no more, or too much at once, or has got its last response. */
  #readsNoMore = false;
  #isClosed = false;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #discarded = 0;
  #outgoing = 0;
  #onDrained: (() => void) | undefined;
  #stopStream: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.from = options.from;
    this.#expect(IDLE_LIMIT_MS);
  }

  get phase(): Held["phase"] {
    return this.#phase;
  }

  get since(): number {
    return this.#since;
  }

  get unread(): number {
    return this.#outgoing;
  }

  /** More bytes have come. */
  received(bytes: Uint8Array): void {
    if (this.#readsNoMore || this.#phase === "following") return this.#discard(bytes);
    if (this.#input.length === 0 && this.#phase === "waiting") this.#expect(HEAD_LIMIT_MS);
    this.#readsNoMore = this.#input.length + bytes.length > MOST_WAITING_BYTES;
    this.#input = Buffer.concat([this.#input, bytes]).subarray(0, MOST_WAITING_BYTES);
    if (this.#phase === "waiting") this.#readNext();
  }

  /** The client sends no more; one that follows is gone. */
  ended(): void {
    if (this.#phase === "following") return this.close();
    const isLast = this.#phase === "waiting" && !this.#readsNoMore;
    this.#readsNoMore = true;
    if (isLast) this.#finish(); // not at once: the kernel may still have a response to send
  }

  /** The socket accepts bytes again. */
  drained(): void {
    this.#onDrained?.();
  }

  /** The socket is closed. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#deadline);
    this.#onDrained?.();
    this.#stopStream?.();
  }

  /** Closes it at once. */
  close(): void {
    this.closed();
    this.#options.wire.terminate();
  }

  /** What is read after the last request keeps a response from being reset before the client has it. */
  #discard({ length }: Uint8Array): void {
    this.#discarded += length;
    if (this.#discarded > MOST_DISCARDED_BYTES) this.close();
  }

  #readNext(): void {
    const reading = readHead(this.#input);
    switch (reading.kind) {
      case "incomplete":
        if (this.#readsNoMore) this.#finish();
        return;
      case "rejected":
        return void this.#answer(() => textResponse(reading.status, reading.why));
      case "head":
        this.#input = this.#input.subarray(reading.length);
        return void this.#answer(() => this.#options.respond(this.#incoming(reading.head)), reading.head);
    }
  }

  #incoming({ method, target, headers }: RequestHead): Incoming {
    return { method, url: `http://localhost${target}`, headers, from: this.from };
  }

  /** @param head undefined where the request could not be read */
  async #answer(respond: Respond, head?: RequestHead): Promise<void> {
    this.#enter("answering");
    clearTimeout(this.#deadline);
    this.#options.wire.pause();
    const response = await responseOf(respond);
    if (!this.#isClosed && isStream(response) && head?.method !== "HEAD") await this.#sendStream(response, head!);
    else if (!this.#isClosed) await this.#send(await wholeResponse(response, head));
    else await response.body?.cancel();
    if (this.#isClosed) return;
    if (head?.isPersistent !== true || isStream(response)) return this.#finish();
    this.#enter("waiting");
    this.#expect(this.#input.length > 0 ? HEAD_LIMIT_MS : IDLE_LIMIT_MS);
    this.#options.wire.resume();
    if (this.#input.length > 0 || this.#readsNoMore) this.#readNext();
  }

  async #sendStream(response: Response, { isModern }: RequestHead): Promise<void> {
    const reader = response.body!.getReader();
    this.#enter("following");
    this.#input = Buffer.alloc(0);
    this.#stopStream = () => void reader.cancel().catch(() => {});
    reader.closed.catch(() => this.close()); // the source has given it up
    this.#options.wire.resume(); // to notice its end
    await this.#send(headOfStream(response, isModern));
    try {
      for (;;) {
        const { done, value = new Uint8Array() } = await reader.read();
        if (this.#isClosed) return;
        await this.#send(isModern ? chunkOf(value, done) : value);
        if (done) return;
      }
    } catch {
      this.close();
    }
  }

  /** Resolves when all is sent, or the connection is closed. */
  async #send(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0 && !this.#isClosed;) {
      const sent = this.#options.wire.write(rest);
      if (sent < 0) return this.close();
      rest = rest.subarray(sent);
      if (rest.length === 0) break;
      this.#expect(READ_LIMIT_MS);
      this.#outgoing = bytes.length; // the part that is sent takes memory as well
      this.#options.onSlow?.();
      if (!this.#isClosed) await new Promise<void>((resolve) => (this.#onDrained = resolve));
    }
    this.#outgoing = 0;
    clearTimeout(this.#deadline);
  }

  /** Sends no more, and waits a little for the client to close. */
  #finish(): void {
    this.#enter("waiting");
    this.#readsNoMore = true;
    this.#input = Buffer.alloc(0);
    this.#options.wire.end();
    this.#options.wire.resume();
    this.#expect(LINGER_MS);
  }

  #enter(phase: Held["phase"]): void {
    this.#phase = phase;
    this.#since = steadyNow();
  }

  /** Closes the connection unless something else is expected until then. */
  #expect(milliseconds: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.close(), milliseconds);
  }
}
