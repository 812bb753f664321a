/** TCP connections from the client to the internet, which end when their packets take another gateway than before. */
import type { Socket } from "bun";

import type { Lab } from "./lab.ts";
import { addressOf } from "./network.ts";
import { INTERNET } from "./traffic.ts";

const PORT = 5001;

interface Connection {
  readonly socket: Socket;
  answer: string;
  ended: boolean;
}

export class Connections {
  readonly #connections: Connection[] = [];

  /** Opens them at once. Every gateway answers each of their lines with its own address. */
  static async open(lab: Lab, count: number): Promise<Connections> {
    for (const [index, space] of lab.gatewaySpaces.entries()) {
      const data = (socket: Socket): void => void socket.write(`${addressOf(index + 1)}\n`);
      const server = space.enter(() => Bun.listen({ hostname: "0.0.0.0", port: PORT, socket: { data } }));
      lab.onClose(() => server.stop(true));
    }
    const all = new Connections();
    lab.onClose(() => all.#connections.forEach(({ socket }) => socket.terminate()));
    for (let index = 0; index < count; index++) await all.#connect(lab);
    return all;
  }

  /** Sends a line on each of them, and waits: the gateway that each one still reaches, or why it reaches none. */
  async ask(lab: Lab): Promise<string[]> {
    for (const connection of this.#connections) {
      connection.answer = "";
      connection.socket.write("?\n");
    }
    const isDone = ({ answer, ended }: Connection): boolean => ended || answer.endsWith("\n");
    await lab.until(
      "an answer on every connection",
      () => this.#connections.filter((it) => !isDone(it)).length,
      (left) => left === 0,
    );
    return this.#connections.map(({ answer, ended }) => (ended ? "ended" : answer.trim()));
  }

  async #connect(lab: Lab): Promise<void> {
    const state = { answer: "", ended: false };
    const socket = await lab.client.enter(() =>
      Bun.connect({
        hostname: INTERNET,
        port: PORT,
        socket: {
          data: (_, bytes) => void (connection.answer += Buffer.from(bytes).toString()),
          error: () => void (connection.ended = true),
          close: () => void (connection.ended = true),
        },
      }),
    );
    const connection: Connection = Object.assign(state, { socket });
    this.#connections.push(connection);
  }
}
