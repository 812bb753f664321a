/** A web service that gets notifications, and answers as told. */
import type { Notification } from "../../src/hooks/notification.ts";
import type { Enter } from "./gateway.ts";

/** How a request is answered: with a status, or never. */
export type Answering = number | "never";

export interface Delivered {
  readonly path: string;
  readonly notification: Notification;
  readonly headers: Headers;
  readonly answer: Answering;
}

export class Receiver {
  readonly deliveries: Delivered[] = [];
  readonly url: string;
  readonly #server: Bun.Server<undefined>;
  #answers: Answering[] = [];
  #usual: Answering = 200;

  constructor(hostname: string, port: number, enter: Enter = (action) => action()) {
    this.#server = enter(() => Bun.serve({ hostname, port, idleTimeout: 0, fetch: (request) => this.#take(request) }));
    this.url = `http://${hostname}:${port}`;
  }

  /** The notifications that were taken, in the order in which they came. */
  get taken(): Notification[] {
    return this.deliveries.flatMap(({ answer, notification }) => (answer === 200 ? notification : []));
  }

  /** Answers the next requests so, and all others with the last of these. */
  answers(...answers: readonly Answering[]): void {
    this.#answers = answers.slice(0, -1);
    this.#usual = answers.at(-1)!;
  }

  close(): void {
    void this.#server.stop(true);
  }

  async #take(request: Request): Promise<Response> {
    const answer = this.#answers.shift() ?? this.#usual;
    const { pathname, search } = new URL(request.url);
    const notification = (await request.json()) as Notification;
    this.deliveries.push({ path: `${pathname}${search}`, notification, headers: request.headers, answer });
    return answer === "never" ? new Promise<Response>(() => {}) : new Response("taken\n", { status: answer });
  }
}
