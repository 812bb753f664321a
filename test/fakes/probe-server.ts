/**
 * A server on a free port of 127.0.0.1 that does with each connection exactly what a test says. It speaks raw TCP or
 * TLS, because most bad answers are out of reach of a proper HTTP server.
 */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** What a server does with a new connection. */
export type Behaviour = (socket: Socket, visit: Visit) => void;

/** One connection, as the server saw it. */
export interface Visit {
  /** Everything the client has sent so far. */
  request: string;
  /** Bytes that were handed over for sending. */
  sent: number;
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;
}

export interface ProbeServer extends AsyncDisposable {
  readonly port: number;
  /** All connections so far, the oldest first. */
  readonly visits: readonly Visit[];
}

const CERTIFICATES = new URL("../fixtures/probe-tls/", import.meta.url).pathname;

/** The path of a file of test/fixtures/probe-tls. */
export const certificate = (name: string): string => `${CERTIFICATES}${name}`;

export async function startProbeServer(behaviour: Behaviour): Promise<ProbeServer> {
  return listen((onConnection) => createServer(onConnection), behaviour);
}

/** The same behind TLS, with one of the certificates of test/fixtures/probe-tls. */
export async function startTlsServer(name: string, behaviour: Behaviour): Promise<ProbeServer> {
  const keys = { cert: readFileSync(certificate(name)), key: readFileSync(certificate("server.key")) };
  return listen((onConnection) => createTlsServer(keys, onConnection).on("tlsClientError", () => {}), behaviour);
}

async function listen(make: (onConnection: (socket: Socket) => void) => Server, behaviour: Behaviour) {
  const visits: Visit[] = [];
  const sockets = new Set<Socket>();
  const server = make((socket) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const visit: Visit = { request: "", sent: 0, closed };
    visits.push(visit);
    sockets.add(socket);
    socket.on("error", () => {}); // a client that goes away early is what many tests want
    socket.on("data", (chunk) => (visit.request += chunk.toString("latin1")));
    socket.on("close", () => {
      sockets.delete(socket);
      resolve();
    });
    behaviour(socket, visit);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    visits,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function closedPort(): Promise<number> {
  await using server = await startProbeServer(hang);
  return server.port;
}

/** Accepts and never says a word. */
export const hang: Behaviour = () => {};

/** Does something once the whole head of the request is there. */
export const onRequest =
  (act: Behaviour): Behaviour =>
  (socket, visit) => {
    const look = (): void => {
      if (!visit.request.includes("\r\n\r\n")) return;
      socket.off("data", look);
      act(socket, visit);
    };
    socket.on("data", look);
  };

/** Sends a text and closes the connection. */
export const say = (text: string): Behaviour => onRequest((socket) => void socket.end(text, "latin1"));

/** Sends a text and keeps the connection open. */
export const sayAndWait = (text: string): Behaviour => onRequest((socket) => void socket.write(text, "latin1"));

/** Sends an answer of one status line, with a short body where the status has one. */
export const answer = (status: number, headers = ""): Behaviour =>
  say(`HTTP/1.1 ${status} Said\r\n${headers}content-length: 0\r\n\r\n`);

/** Sends a text and then the same chunk for as long as the connection takes it. */
export const pour = (text: string, chunk: string): Behaviour =>
  onRequest((socket, visit) => {
    const bytes = Buffer.from(chunk, "latin1");
    const more = (): void => {
      while (!socket.destroyed) {
        visit.sent += bytes.length;
        if (!socket.write(bytes)) return;
      }
    };
    socket.on("drain", more);
    socket.write(text, "latin1");
    more();
  });

/** Sends a text one byte at a time. */
export const drip = (text: string, intervalMs: number): Behaviour =>
  onRequest((socket) => {
    let position = 0;
    const timer = setInterval(() => {
      if (position < text.length) socket.write(text[position++]!, "latin1");
    }, intervalMs);
    socket.on("close", () => clearInterval(timer));
  });
