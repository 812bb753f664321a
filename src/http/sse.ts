import type { LogEntry, Status, Stopped } from "../status/schema.ts";
import { jsonText } from "../text/json.ts";
import { MOST_FOLLOWERS } from "./connection-limits.ts";
import type { Handler } from "./handler.ts";
import { textResponse, HEADERS, STREAM_TYPE } from "./responses.ts";

/** A client with more unread bytes, besides those in the kernel's buffers, is too slow and disconnected. */
const MAX_UNREAD_BYTES = 1 << 20;

/** The least time between two `status` events. */
const STATUS_INTERVAL_MS = 1000;

/** Time between comments that keep a silent connection open, for proxies and for the server's own idle limit. */
const HEARTBEAT_MS = 10_000;

/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;

/**
 * Time between the last event and the end of the connections. Bun writes what a stream has in later turns of its event loop,
 * and a server that is stopped before that drops it.
 */
const FLUSH_MS = 20;

type Client = ReadableStreamDefaultController<Uint8Array>;

export interface StreamOptions {
  readonly status: () => Status;
  /** Log entries after the one with this id. */
  readonly entriesSince: (id: number) => readonly LogEntry[];
  /** The most clients at a time. */
  readonly most?: number;
}

/**
 * Sends server-sent events to the clients that are connected: `status` at first and when something has changed, `event` for
 * each log entry, and `stopped` at last when the service is stopped. Without clients it costs nothing.
 */
export class SseStream {
  readonly #options: StreamOptions;
  readonly #most: number;
  /** With their addresses, the oldest first. */
  readonly #clients = new Map<Client, string>();
  readonly #encoder = new TextEncoder();
  #nextStatus: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  #lastStatus = -Infinity;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#most = options.most ?? MOST_FOLLOWERS;
  }

  readonly handler: Handler = (request) => {
    const headers = { ...HEADERS, "content-type": STREAM_TYPE };
    if (request.method === "HEAD") return new Response(null, { headers });
    const { from = "" } = request;
    if (!this.#hasRoomFor(from)) {
      const why = `${this.#most} clients are connected, which is the maximum; close one of them and try again`;
      return textResponse(503, why, { "retry-after": String(RETRY_MS / 1000) });
    }
    const lastSeen = Number(request.headers.get("last-event-id")) || 0;
    let client: Client;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          client = controller;
          this.#connect(client, from, lastSeen);
        },
        cancel: () => this.#disconnect(client),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
    );
    return new Response(body, { headers });
  };

  /** To be called when something has changed that a status shows. */
  changed(): void {
    if (this.#clients.size === 0) return;
    this.#nextStatus ??= setTimeout(
      () => this.#sendStatus(),
      Math.max(0, this.#lastStatus + STATUS_INTERVAL_MS - performance.now()),
    );
  }

  /** Sends a new log entry. */
  logged(entry: LogEntry): void {
    if (this.#clients.size > 0) this.#sendToAll(entryText(entry));
  }

  /** Ends with a last event, which tells a stop of the service from a lost connection. */
  async end(last: Stopped): Promise<void> {
    if (this.#clients.size > 0) {
      this.#sendToAll(`event: stopped\ndata: ${jsonText(last)}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    }
    this.stop();
  }

  /** Disconnects all clients. */
  stop(): void {
    for (const client of this.#clients.keys()) this.#end(client);
  }

  /** Whether one more may connect from an address: others make room where they are more from theirs. */
  #hasRoomFor(from: string): boolean {
    if (this.#clients.size < this.#most) return true;
    const byAddress = Map.groupBy(this.#clients.keys(), (client) => this.#clients.get(client)!);
    const own = byAddress.get(from)?.length ?? 0;
    const [largest] = [...byAddress.values()].sort((one, other) => other.length - one.length);
    if (!largest || largest.length <= own + 1) return false;
    this.#end(largest[0]!);
    return true;
  }

  #end(client: Client): void {
    this.#disconnect(client);
    client.close();
  }

  #connect(client: Client, from: string, lastSeen: number): void {
    const { status, entriesSince } = this.#options;
    this.#clients.set(client, from);
    this.#heartbeat ??= setTimeout(() => this.#sendHeartbeat(), HEARTBEAT_MS);
    const entries = entriesSince(lastSeen).map(entryText);
    this.#send(client, this.#encoder.encode(`retry: ${RETRY_MS}\n\n${statusText(status())}${entries.join("")}`));
  }

  #sendStatus(): void {
    this.#nextStatus = undefined;
    this.#lastStatus = performance.now();
    this.#sendToAll(statusText(this.#options.status()));
  }

  #sendHeartbeat(): void {
    this.#heartbeat = setTimeout(() => this.#sendHeartbeat(), HEARTBEAT_MS);
    this.#sendToAll(": heartbeat\n\n");
  }

  #sendToAll(text: string): void {
    const bytes = this.#encoder.encode(text);
    for (const client of this.#clients.keys()) this.#send(client, bytes);
  }

  #send(client: Client, bytes: Uint8Array): void {
    if ((client.desiredSize ?? 0) > 0) {
      client.enqueue(bytes);
    } else {
      this.#disconnect(client);
      client.error(new Error("too slow"));
    }
  }

  #disconnect(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearTimeout(this.#nextStatus);
    clearTimeout(this.#heartbeat);
    this.#nextStatus = undefined;
    this.#heartbeat = undefined;
  }
}

function statusText(status: Status): string {
  return `event: status\ndata: ${jsonText(status)}\n\n`;
}

function entryText(entry: LogEntry): string {
  return `id: ${entry.id}\nevent: event\ndata: ${jsonText(entry)}\n\n`;
}
