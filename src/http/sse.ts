import type { LogEntry, Status } from "../status/schema.ts";
import type { Page } from "./api.ts";
import { HEADERS, refusal } from "./responses.ts";

/** So many may follow at once. */
const MOST_FOLLOWERS = 16;

/** Whoever leaves so many bytes unread, beside what the kernel's buffers hold, is too slow and let go. */
const MOST_UNREAD_BYTES = 1 << 20;

/** The status is told at most so often. */
const STATUS_INTERVAL_MS = 1000;

/** A sign of life where nothing else is told, for proxies and for the server's own limit of silence. */
const HEARTBEAT_MS = 10_000;

/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;

type Follower = ReadableStreamDefaultController<Uint8Array>;

export interface StreamOptions {
  readonly status: () => Status;
  /** Log entries after the one with this id. */
  readonly entriesSince: (id: number) => readonly LogEntry[];
}

/**
 * Tells followers what happens, as server-sent events: `status` when they come and when something has changed, `event`
 * for each log entry. While nobody follows it costs nothing.
 */
export class EventStream {
  readonly #options: StreamOptions;
  readonly #followers = new Set<Follower>();
  readonly #encoder = new TextEncoder();
  #nextStatus: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  #lastStatus = -Infinity;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  readonly page: Page = (request) => {
    const headers = { ...HEADERS, "content-type": "text/event-stream" };
    if (request.method === "HEAD") return new Response(null, { headers });
    if (this.#followers.size >= MOST_FOLLOWERS) {
      const why = `${MOST_FOLLOWERS} are following already, which is the most; let one of them go and try again`;
      return refusal(503, why, { "retry-after": String(RETRY_MS / 1000) });
    }
    const lastSeen = Number(request.headers.get("last-event-id")) || 0;
    let follower: Follower;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          follower = controller;
          this.#welcome(follower, lastSeen);
        },
        cancel: () => this.#forget(follower),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD_BYTES }),
    );
    return new Response(body, { headers });
  };

  /** Something has changed that a status shows. */
  changed(): void {
    if (this.#followers.size === 0) return;
    this.#nextStatus ??= setTimeout(
      () => this.#tellStatus(),
      Math.max(0, this.#lastStatus + STATUS_INTERVAL_MS - performance.now()),
    );
  }

  /** The log has one more entry. */
  logged(entry: LogEntry): void {
    if (this.#followers.size > 0) this.#tellAll(entryText(entry));
  }

  /** Lets all followers go. */
  stop(): void {
    for (const follower of this.#followers) {
      this.#forget(follower);
      follower.close();
    }
  }

  #welcome(follower: Follower, lastSeen: number): void {
    const { status, entriesSince } = this.#options;
    this.#followers.add(follower);
    this.#heartbeat ??= setTimeout(() => this.#beat(), HEARTBEAT_MS);
    const entries = entriesSince(lastSeen).map(entryText);
    this.#tell(follower, this.#encoder.encode(`retry: ${RETRY_MS}\n\n${statusText(status())}${entries.join("")}`));
  }

  #tellStatus(): void {
    this.#nextStatus = undefined;
    this.#lastStatus = performance.now();
    this.#tellAll(statusText(this.#options.status()));
  }

  #beat(): void {
    this.#heartbeat = setTimeout(() => this.#beat(), HEARTBEAT_MS);
    this.#tellAll(": still here\n\n");
  }

  #tellAll(text: string): void {
    const bytes = this.#encoder.encode(text);
    for (const follower of this.#followers) this.#tell(follower, bytes);
  }

  #tell(follower: Follower, bytes: Uint8Array): void {
    if ((follower.desiredSize ?? 0) > 0) {
      follower.enqueue(bytes);
    } else {
      this.#forget(follower);
      follower.error(new Error("too slow"));
    }
  }

  #forget(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    clearTimeout(this.#nextStatus);
    clearTimeout(this.#heartbeat);
    this.#nextStatus = undefined;
    this.#heartbeat = undefined;
  }
}

function statusText(status: Status): string {
  return `event: status\ndata: ${JSON.stringify(status)}\n\n`;
}

function entryText(entry: LogEntry): string {
  return `id: ${entry.id}\nevent: event\ndata: ${JSON.stringify(entry)}\n\n`;
}
