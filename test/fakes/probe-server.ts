/**
 * A server on a free port, of 127.0.0.1 by default, whose behaviour for each connection is a function of the test. It uses raw TCP or
 * TLS, since an HTTP server cannot produce most of the faulty responses.
 */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** Handles a new connection. */
export type Behaviour = (socket: Socket, visit: Visit) => void;

/** One connection, as the server has observed it. */
export interface Visit {
  /** Everything that the client has sent so far, one character for each byte. */
  request: string;
  /** The address that the connection came from. */
  readonly from: string | undefined;
  /** The number of bytes that were written to the socket, sent or not. */
  sent: number;
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>;
}

export interface ProbeServer extends AsyncDisposable {
  readonly port: number;
  /** All connections so far, oldest first. */
  readonly visits: readonly Visit[];
}

const CERTIFICATES = new URL("../fixtures/probe-tls/", import.meta.url).pathname;

/** The path of a file of test/fixtures/probe-tls. */
export const certificate = (name: string): string => `${CERTIFICATES}${name}`;

/** Where a server listens. */
export interface Place {
  readonly address: string;
  /** Runs an action in the network namespace of the address. */
  readonly enter: <T>(action: () => T) => T;
}

const HERE: Place = { address: "127.0.0.1", enter: (action) => action() };

export async function startProbeServer(behaviour: Behaviour, place = HERE): Promise<ProbeServer> {
  return listen((onConnection) => createServer(onConnection), behaviour, place);
}

/** The same with TLS and one of the certificates of test/fixtures/probe-tls. */
export async function startTlsServer(name: string, behaviour: Behaviour, place = HERE): Promise<ProbeServer> {
  const keys = { cert: readFileSync(certificate(name)), key: readFileSync(certificate("server.key")) };
  return listen((onConnection) => createTlsServer(keys, onConnection).on("tlsClientError", () => {}), behaviour, place);
}

async function listen(make: (onConnection: (socket: Socket) => void) => Server, behaviour: Behaviour, place: Place) {
  const visits: Visit[] = [];
  const sockets = new Set<Socket>();
  const server = make((socket) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const visit: Visit = { request: "", from: socket.remoteAddress, sent: 0, closed };
    visits.push(visit);
    sockets.add(socket);
    socket.on("error", () => {}); // in many tests the client closes the connection early
    socket.on("data", (chunk) => (visit.request += chunk.toString("latin1")));
    socket.on("close", () => {
      sockets.delete(socket);
      resolve();
    });
    behaviour(socket, visit);
  });
  await new Promise<void>((resolve) => place.enter(() => server.listen(0, place.address, 1024, resolve)));
  return {
    port: (server.address() as AddressInfo).port,
    visits,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** A port of 127.0.0.1 on which no program listens. */
export async function closedPort(): Promise<number> {
  await using server = await startProbeServer(hang);
  return server.port;
}

/** Accepts the connection and never answers. */
export const hang: Behaviour = () => {};

/** Applies a behaviour when the request header is complete. */
export const onRequest =
  (act: Behaviour): Behaviour =>
  (socket, visit) => {
    const onData = (): void => {
      if (!visit.request.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      act(socket, visit);
    };
    socket.on("data", onData);
  };

/** Sends a text and closes the connection. */
export const say = (text: string): Behaviour => onRequest((socket) => void socket.end(text, "latin1"));

/** Sends a text and keeps the connection open. */
export const sayAndWait = (text: string): Behaviour => onRequest((socket) => void socket.write(text, "latin1"));

/** Answers with a status, optional header fields and an empty body. */
export const answer = (status: number, headers = ""): Behaviour =>
  say(`HTTP/1.1 ${status} Said\r\n${headers}content-length: 0\r\n\r\n`);

/** Sends a text and then the same chunk repeatedly until the connection is closed. */
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
