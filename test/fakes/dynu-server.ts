/** Raw HTTP for the fake Dynu, over TCP or TLS: a proper HTTP server could not cut connections. */
import type { Socket } from "bun";

import type { ApiAnswer } from "./dynu-answers.ts";
import type { ApiRequest } from "./dynu-api.ts";
import type { Enter } from "./gateway.ts";

/** Answers a request or has its connection cut; rejects when the client has gone. */
export type Serve = (request: ApiRequest, gone: AbortSignal) => Promise<ApiAnswer | "cut">;

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly enter?: Enter;
}

export interface Listening {
  readonly port: number;
  close(): void;
}

interface Connection {
  received: Buffer;
  left: Uint8Array;
  isServed: boolean;
  readonly gone: AbortController;
}

/** Listens; every connection is for one request. */
export function listen(serve: Serve, { hostname, port, tls, enter = (action) => action() }: ListenOptions): Listening {
  const listener = enter(() =>
    Bun.listen<Connection>({
      hostname,
      port,
      ...(tls && { tls }),
      socket: {
        open: (socket) => {
          socket.data = {
            received: Buffer.alloc(0),
            left: new Uint8Array(),
            isServed: false,
            gone: new AbortController(),
          };
        },
        data: (socket, chunk) => void receive(socket, chunk, serve),
        drain: (socket) => send(socket),
        close: (socket) => socket.data?.gone.abort(),
        error: (socket) => socket.data?.gone.abort(),
      },
    }),
  );
  return { port: listener.port, close: () => listener.stop(true) };
}

async function receive(socket: Socket<Connection>, chunk: Uint8Array, serve: Serve): Promise<void> {
  const connection = socket.data;
  connection.received = Buffer.concat([connection.received, chunk]);
  const request = parseRequest(connection.received);
  if (!request || connection.isServed) return;
  connection.isServed = true;
  const { signal } = connection.gone;
  const answer = await serve(request, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  if (answer === undefined) return;
  if (answer === "cut") return socket.terminate();
  connection.left = textOf(answer);
  send(socket);
}

/** Writes what the kernel accepts and ends the connection after the last byte, as Dynu does. */
function send(socket: Socket<Connection>): void {
  const connection = socket.data;
  if (connection.left.length === 0) return;
  connection.left = connection.left.subarray(Math.max(0, socket.write(connection.left)));
  if (connection.left.length === 0) socket.end();
}

/** The request, once all of it is there. */
function parseRequest(received: Buffer): ApiRequest | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...fields] = received.subarray(0, end).toString("latin1").split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = new Headers(
    fields.map((field): [string, string] => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }),
  );
  const body = received.subarray(end + 4);
  if (body.length < Number(headers.get("content-length") ?? 0)) return undefined;
  return { method, path, headers, body: body.toString() };
}

function textOf({ status, headers, body }: ApiAnswer): Uint8Array {
  const fields = {
    date: "24/6/2025 7:03:09 PM", // Dynu's own is not one of HTTP's formats either
    ...headers,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} Fake\r\n${lines.join("")}\r\n${body}`);
}
