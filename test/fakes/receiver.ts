/** A webhook receiver that records notifications, and answers as it is set to. */
import type { Notification } from "../../src/hooks/notification.ts";
import type { Enter } from "./gateway.ts";

/** The answer to a request: a status, or none at all. */
export type ReceiverAnswer = number | "never";

/** A request as it arrived, and how it was answered. */
export interface Delivery {
  readonly path: string;
  readonly notification: Notification;
  readonly headers: Headers;
  readonly answer: ReceiverAnswer;
}

export class Receiver {
  readonly deliveries: Delivery[] = [];
  readonly url: string;
  readonly #server: Bun.Server<undefined>;
  #answers: ReceiverAnswer[] = [];
  #lastAnswer: ReceiverAnswer = 200;

  constructor(hostname: string, port: number, enter: Enter = (action) => action()) {
    this.#server = enter(() =>
      Bun.serve({ hostname, port, idleTimeout: 0, fetch: (request) => this.#receive(request) }),
    );
    this.url = `http://${hostname}:${port}`;
  }

  /** The notifications that were answered with 200, oldest first. */
  get accepted(): Notification[] {
    return this.deliveries.flatMap(({ answer, notification }) => (answer === 200 ? notification : []));
  }

  /** Sets the answers to the next requests; the last one is the answer to all further requests. */
  answers(...answers: readonly ReceiverAnswer[]): void {
    this.#answers = answers.slice(0, -1);
    this.#lastAnswer = answers.at(-1)!;
  }

  close(): void {
    void this.#server.stop(true);
  }

  async #receive(request: Request): Promise<Response> {
    const answer = this.#answers.shift() ?? this.#lastAnswer;
    const { pathname, search } = new URL(request.url);
    const notification = (await request.json()) as Notification;
    this.deliveries.push({ path: `${pathname}${search}`, notification, headers: request.headers, answer });
    return answer === "never" ? new Promise<Response>(() => {}) : new Response("accepted\n", { status: answer });
  }
}
