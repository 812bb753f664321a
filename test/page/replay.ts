/** A server with the pages of the service and a status that the test sets. */
import { createApi } from "../../src/http/api.ts";
import type { Routes } from "../../src/http/handler.ts";
import { SseStream } from "../../src/http/sse.ts";
import type { LogEntry, Status, Stopped } from "../../src/status/schema.ts";
import { entriesOf, type Service, statusOf } from "./synthetic.ts";

export class Replay {
  readonly url: string;
  readonly #stream: SseStream;
  readonly #api: Routes;
  #server: Bun.Server<undefined>;
  readonly #entries: LogEntry[];
  #status: Status;

  constructor(service: Service) {
    this.#status = statusOf(service);
    this.#entries = entriesOf(service);
    const status = () => this.#status;
    this.#stream = new SseStream({ status, entriesSince: (id) => this.#entries.filter((one) => one.id > id) });
    this.#api = createApi({
      status,
      log: () => ({ entries: this.#entries }),
      events: this.#stream.handler,
      version: "0.1.0",
      protected: false,
    });
    this.#server = this.#serve(0);
    this.url = `http://127.0.0.1:${this.#server.port}/`;
  }

  #serve(port: number): Bun.Server<undefined> {
    return Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 30, // longer than the stream is ever silent
      routes: { ...this.#api },
      fetch: notFound,
    });
  }

  /** Sets the status, and sends it to all event streams. */
  becomes(service: Service): void {
    this.show(statusOf(service));
  }

  show(status: Status): void {
    this.#status = status;
    this.#stream.changed();
  }

  log(level: LogEntry["level"], text: string): void {
    const id = (this.#entries.at(-1)?.id ?? 0) + 1;
    const entry: LogEntry = { id, time: new Date().toISOString(), level, text };
    this.#entries.push(entry);
    this.#stream.logged(entry);
  }

  /** Ends, as a service that is stopped, or without a last event as one that is killed. */
  async stop(last?: Stopped): Promise<void> {
    if (last) await this.#stream.end(last);
    else this.#stream.stop();
    await this.#server.stop(true);
  }

  /** Serves the same again, at the same port. */
  start(): void {
    this.#server = this.#serve(Number(new URL(this.url).port));
  }

  close(): void {
    this.#stream.stop();
    void this.#server.stop(true);
  }
}

function notFound(): Response {
  return new Response("not found\n", { status: 404 });
}
