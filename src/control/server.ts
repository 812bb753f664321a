import type { Socket } from "bun";

import { quote } from "../text/escape.ts";
import { type Connection, createConnection } from "./connection.ts";
import {
  type Answer,
  type Handler,
  HANDLING_LIMIT_MS,
  lineOf,
  MOST_UNDER_WAY,
  problem,
  type Request,
  REQUEST_LIMIT_MS,
} from "./protocol.ts";
import { makeRoomFor, privately, SocketError } from "./socket-file.ts";

export interface ControlSocket {
  /** Closes it. Requests that are under way are not answered any more. */
  stop(): void;
}

interface Peer {
  readonly connection: Connection;
  /** What is left of the answer. */
  rest: Uint8Array | undefined;
}

/**
 * Opens the socket by which commands reach the service. Only its user and root may connect: the socket's mode and that of
 * its folder say so.
 *
 * @param handlers by the command that they meet
 * @throws {SocketError} when it cannot be made
 */
export async function openControlSocket(
  path: string,
  handlers: Readonly<Record<string, Handler>>,
): Promise<ControlSocket> {
  try {
    await makeRoomFor(path);
    const socket = createSocketHandler(handlers);
    const listener = privately(() => Bun.listen<Peer>({ unix: path, allowHalfOpen: true, socket }));
    return { stop: () => listener.stop(true) }; // which removes the socket's file
  } catch (error) {
    if (error instanceof SocketError) throw error;
    throw new SocketError(
      `cannot make the control socket ${quote(path)}: ${(error as Error).message}`,
      "let the service write there (in a container by a tmpfs, in a unit by RuntimeDirectory=), or name another place with -control-socket",
    );
  }
}

function createSocketHandler(handlers: Readonly<Record<string, Handler>>) {
  const meet = limited((request) => meetInTime(handlers, request));
  return {
    open(socket: Socket<Peer>) {
      const answer = (reply: Answer): void => send(socket, Buffer.from(lineOf(reply)));
      socket.data = { connection: createConnection(meet, answer), rest: undefined };
    },
    data: ({ data }: Socket<Peer>, bytes: Uint8Array) => data.connection.received(bytes),
    end: ({ data }: Socket<Peer>) => data.connection.ended(),
    drain: (socket: Socket<Peer>) => socket.data.rest && send(socket, socket.data.rest),
    close: ({ data }: Socket<Peer>) => data.connection.closed(),
    error: () => {}, // `close` follows
    binaryType: "uint8array" as const,
  };
}

/** Sends as much as the socket takes now; closes it after the last byte. */
function send(socket: Socket<Peer>, bytes: Uint8Array): void {
  const sent = socket.write(bytes);
  socket.data.rest = sent < bytes.length ? bytes.subarray(Math.max(0, sent)) : undefined;
  if (sent < 0) {
    socket.terminate(); // the other side is gone
  } else if (socket.data.rest === undefined) {
    socket.end();
    setTimeout(() => socket.terminate(), REQUEST_LIMIT_MS); // the other side may never close it
  }
}

const BUSY = problem("busy", `${MOST_UNDER_WAY} other requests are under way`, "try again in a moment");

/** Meets no more requests at once than may be under way. */
function limited(meet: Handler): Handler {
  let underWay = 0;
  return async (request) => {
    if (underWay === MOST_UNDER_WAY) return BUSY;
    underWay++;
    try {
      return await meet(request);
    } finally {
      underWay--;
    }
  };
}

async function meetInTime(handlers: Readonly<Record<string, Handler>>, request: Request): Promise<Answer> {
  const { command } = request;
  const handler = Object.hasOwn(handlers, command) ? handlers[command]! : undefined;
  if (handler === undefined) {
    const remedy = "use the same version of the program for the command and for the service";
    return problem("unknown-command", `the service does not know the command ${quote(command)}`, remedy);
  }
  const { promise: late, resolve } = Promise.withResolvers<Answer>();
  const detail = `the service has not finished within ${HANDLING_LIMIT_MS / 1000} s`;
  const timer = setTimeout(() => resolve(problem("too-slow", detail, "read its log")), HANDLING_LIMIT_MS);
  try {
    return await Promise.race([handler(request), late]);
  } catch (error) {
    return problem("failed", `the service failed: ${(error as Error).message}`, "read its log");
  } finally {
    clearTimeout(timer);
  }
}
