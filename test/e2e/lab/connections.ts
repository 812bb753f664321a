/** TCP connections from the client to the internet, which end when their packets take another gateway than before. */
import type { Socket } from "bun";

import type { Lab } from "./lab.ts";
import { addressOf } from "./network.ts";
import { INTERNET } from "./traffic.ts";

const PORT = 5001;

/** An address beyond the gateways. */
const BEYOND = "9.9.9.9";

/** Time between two lines of a conversation, in milliseconds. */
const TALK_MS = 50;

interface Connection {
  readonly socket: Socket;
  answer: string;
  ended: boolean;
}

export class Connections {
  readonly #connections: Connection[] = [];
  #lines = 0;

  /** Opens them at once. Every gateway answers each of their lines with its own address. */
  static async open(lab: Lab, count: number): Promise<Connections> {
    for (const [index, space] of lab.gatewaySpaces.entries()) {
      const data = (socket: Socket, bytes: Uint8Array): void => answer(socket, addressOf(index + 1), bytes);
      const server = space.enter(() => Bun.listen({ hostname: "0.0.0.0", port: PORT, socket: { data } }));
      lab.onClose(() => server.stop(true));
    }
    return Connections.#open(lab, count, INTERNET);
  }

  /** The same to a server beyond the gateways, which masquerade: it answers with the gateway by which a connection came. */
  static async openBeyond(lab: Lab, count: number): Promise<Connections> {
    const data = (socket: Socket, bytes: Uint8Array): void =>
      answer(socket, gatewayBehind(socket.remoteAddress), bytes);
    const { internet } = lab.beyond;
    const server = internet.enter(() => Bun.listen({ hostname: "0.0.0.0", port: PORT, socket: { data } }));
    lab.onClose(() => server.stop(true));
    return Connections.#open(lab, count, BEYOND);
  }

  static async #open(lab: Lab, count: number, hostname: string): Promise<Connections> {
    const all = new Connections();
    lab.onClose(() => all.#connections.forEach(({ socket }) => socket.terminate()));
    for (let index = 0; index < count; index++) await all.#connect(lab, hostname);
    return all;
  }

  /** Sends a line on each of them, and waits: the gateway that each one still reaches, or why it reaches none. */
  async ask(lab: Lab): Promise<string[]> {
    const question = this.#sendLine();
    const isDone = ({ answer, ended }: Connection): boolean => ended || answer.endsWith(` ${question}\n`);
    await lab.until(
      "an answer on every connection",
      () => this.#connections.filter((it) => !isDone(it)).length,
      (left) => left === 0,
    );
    return this.#connections.map(({ answer, ended }) => (ended ? "ended" : answer.split(" ")[0]!));
  }

  /** Sends lines on all of them until `action` is over, so that each of its moments has packets on their way. */
  async talkDuring(action: () => Promise<void>): Promise<void> {
    const timer = setInterval(() => this.#sendLine(), TALK_MS);
    try {
      await action();
    } finally {
      clearInterval(timer);
    }
  }

  #sendLine(): number {
    this.#lines += 1;
    for (const { socket, ended } of this.#connections) if (!ended) socket.write(`${this.#lines}\n`);
    return this.#lines;
  }

  async #connect(lab: Lab, hostname: string): Promise<void> {
    const state = { answer: "", ended: false };
    const socket = await lab.client.enter(() =>
      Bun.connect({
        hostname,
        port: PORT,
        socket: {
          data: (_, bytes) => void (connection.answer = Buffer.from(bytes).toString().split("\n").at(-2) + "\n"),
          error: () => void (connection.ended = true),
          close: () => void (connection.ended = true),
        },
      }),
    );
    const connection: Connection = Object.assign(state, { socket });
    this.#connections.push(connection);
  }
}

/** Answers lines with the gateway and the last of them. */
function answer(socket: Socket, gateway: string, lines: Uint8Array): void {
  socket.write(`${gateway} ${Buffer.from(lines).toString().trim().split("\n").at(-1)}\n`);
}

/** The gateway that masquerades with this address in its link to the internet. */
const gatewayBehind = (source: string): string => addressOf(Number(source.split(".")[2]));
