/**
 * A gateway's health endpoint whose behaviour can be changed at any time to anything that a real one might do. It uses raw
 * TCP, since an HTTP server cannot produce most of the faulty behaviours.
 */
import type { Socket, TCPSocketListener } from "bun";

export type Behaviour =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  | { readonly kind: "slow"; readonly delay: number; readonly then: Behaviour }
  | { readonly kind: "in turn"; readonly behaviours: readonly Behaviour[] }
  | { readonly kind: "drip"; readonly interval: number }
  | { readonly kind: "body"; readonly bytes: number }
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "repeat"; readonly head: string; readonly chunk: Uint8Array }
  | { readonly kind: "hang" | "refuse" | "reset" | "garbage" };

/** Answers with a status; with the body "ok" by default. */
export const answering = (
  status: number,
  more: { headers?: Record<string, string>; body?: string } = {},
): Behaviour => ({
  kind: "answer",
  status,
  ...more,
});
/** Waits `delay` ms, then behaves like `then`. */
export const slow = (delay: number, then: Behaviour = answering(200)): Behaviour => ({ kind: "slow", delay, then });
/** Uses the behaviours in turn, one for each request. */
export const inTurn = (...behaviours: Behaviour[]): Behaviour => ({ kind: "in turn", behaviours });
/** Accepts, reads the request and never answers. */
export const hanging: Behaviour = { kind: "hang" };
/** Has no listener: the kernel refuses connections. */
export const refusing: Behaviour = { kind: "refuse" };
/** Answers every connection with RST. */
export const resetting: Behaviour = { kind: "reset" };
/** Answers with an SSH banner and other bytes that are not HTTP. */
export const garbling: Behaviour = { kind: "garbage" };
/** Sends a good response one byte at a time, every `interval` ms. */
export const dripping = (interval: number): Behaviour => ({ kind: "drip", interval });
/** Answers 200 with a body of this many bytes; `Infinity` never ends. */
export const sending = (bytes: number): Behaviour => ({ kind: "body", bytes });

/** Sends these characters, each as one byte, as soon as anything is received, and closes the connection. */
export const saying = (text: string): Behaviour => ({ kind: "say", text });
/** Sends a response header and then the same bytes repeatedly without end. */
export const repeating = (head: string, chunk: string | Uint8Array): Behaviour => ({
  kind: "repeat",
  head,
  chunk: typeof chunk === "string" ? Buffer.from(chunk.repeat(Math.ceil(CHUNK.length / chunk.length))) : chunk,
});

/** A request as it was received. Times are by the clock of `performance.now()`. */
export interface ReceivedRequest {
  readonly at: number;
  readonly method: string;
  /** The request target of the first line; the client of a proxy sends a complete URL there. */
  readonly target: string;
  readonly headers: Headers;
  /** The number of the connection; requests with the same number shared one. */
  readonly connection: number;
  /** When the last byte of the response header was given to the kernel. */
  answeredAt?: number;
  status?: number;
}

interface Connection {
  readonly number: number;
  head: string;
  /** Continues sending when the kernel has buffer space again. */
  resume?: () => void;
  timer?: Timer;
}

/** Runs a function, possibly in another network namespace, where the end-to-end tests make their listeners. */
export type Enter = <T>(action: () => T) => T;

const CHUNK = new Uint8Array(65_536).fill(120);

export class FakeGateway {
  readonly address: string;
  readonly port: number;
  readonly requests: ReceivedRequest[] = [];
  readonly #enter: Enter;
  #behaviour: Behaviour = answering(200);
  #listener: TCPSocketListener<Connection> | undefined;
  #connections = 0;
  #turn = 0;
  #answered = new Set<(request: ReceivedRequest) => void>();

  constructor(address: string, port: number, enter: Enter = (action) => action()) {
    this.address = address;
    this.port = port;
    this.#enter = enter;
    this.#listen();
  }

  get behaviour(): Behaviour {
    return this.#behaviour;
  }

  /** Changes the behaviour for new requests. Connections that already wait for an answer are not affected. */
  becomes(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
    if (behaviour.kind === "refuse") this.close();
    else this.#listen();
  }

  /** Waits for the next request that is answered with this status, and returns it. */
  async nextAnswer(status: number): Promise<ReceivedRequest> {
    const { promise, resolve } = Promise.withResolvers<ReceivedRequest>();
    const listener = (request: ReceivedRequest): void => {
      if (request.status !== status) return;
      this.#answered.delete(listener);
      resolve(request);
    };
    this.#answered.add(listener);
    return promise;
  }

  /** Stops listening and ends every connection. */
  close(): void {
    this.#listener?.stop(true);
    this.#listener = undefined;
  }

  #listen(): void {
    this.#listener ??= this.#enter(() =>
      Bun.listen<Connection>({
        hostname: this.address,
        port: this.port,
        socket: {
          open: (socket) => this.#open(socket),
          data: (socket, chunk) => this.#receive(socket, chunk),
          drain: (socket) => socket.data.resume?.(),
          close: (socket) => clearTimeout(socket.data?.timer),
          error: (socket) => clearTimeout(socket.data?.timer),
        },
      }),
    );
  }

  #open(socket: Socket<Connection>): void {
    this.#connections += 1;
    socket.data = { number: this.#connections, head: "" };
    if (this.#behaviour.kind === "reset") socket.terminate();
  }

  #receive(socket: Socket<Connection>, chunk: Uint8Array): void {
    if (this.#behaviour.kind === "say") {
      socket.write(Buffer.from(this.#behaviour.text, "latin1"));
      socket.end();
      return;
    }
    const connection = socket.data;
    connection.head += Buffer.from(chunk).toString("latin1");
    const end = connection.head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const request = parseRequest(connection.head.slice(0, end), connection.number);
    connection.head = connection.head.slice(end + 4);
    this.requests.push(request);
    this.#respond(socket, request, this.#behaviour);
  }

  #respond(socket: Socket<Connection>, request: ReceivedRequest, behaviour: Behaviour): void {
    switch (behaviour.kind) {
      case "answer":
        socket.write(answerText(behaviour.status, behaviour.headers, behaviour.body));
        this.#note(request, behaviour.status);
        if (request.headers.get("connection") === "close") socket.end();
        break;
      case "slow":
        socket.data.timer = setTimeout(() => this.#respond(socket, request, behaviour.then), behaviour.delay);
        break;
      case "in turn":
        this.#turn += 1;
        this.#respond(socket, request, behaviour.behaviours[this.#turn % behaviour.behaviours.length]!);
        break;
      case "drip":
        drip(socket, answerText(200), behaviour.interval);
        break;
      case "body":
        socket.write(`HTTP/1.1 200 OK\r\n${bodyLength(behaviour.bytes)}\r\n\r\n`);
        this.#note(request, 200);
        pour(socket, behaviour.bytes);
        break;
      case "repeat":
        socket.write(behaviour.head);
        pour(socket, Infinity, behaviour.chunk);
        break;
      case "garbage":
        socket.write("SSH-2.0-fake\r\n\0\u0001\u0002 this is not HTTP\r\n\r\n");
        socket.end();
        break;
      case "reset":
        socket.terminate();
        break;
      case "say":
      case "hang":
      case "refuse":
        break;
    }
  }

  #note(request: ReceivedRequest, status: number): void {
    request.answeredAt = performance.now();
    request.status = status;
    for (const listener of this.#answered) listener(request);
  }
}

function parseRequest(head: string, connection: number): ReceivedRequest {
  const [first = "", ...fields] = head.split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  return { at: performance.now(), method, target, headers: new Headers(headers), connection };
}

function answerText(status: number, headers: Record<string, string> = {}, body = "ok\n"): string {
  const content = status === 204 || status === 304 ? "" : body;
  const fields = { ...(content && { "Content-Length": String(Buffer.byteLength(content)) }), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Fake\r\n${lines.join("")}\r\n${content}`;
}

const bodyLength = (bytes: number): string =>
  Number.isFinite(bytes) ? `Content-Length: ${bytes}` : "Content-Type: application/octet-stream";

/** Writes as much of a body as the kernel accepts, and continues when it accepts more. */
function pour(socket: Socket<Connection>, bytes: number, chunk: Uint8Array = CHUNK): void {
  let left = bytes;
  let from = 0;
  socket.data.resume = () => {
    while (left > 0) {
      const size = Math.min(left, chunk.length - from);
      const written = socket.write(chunk, from, size);
      left -= Math.max(written, 0);
      from = (from + Math.max(written, 0)) % chunk.length;
      if (written < size) return;
    }
    socket.end();
  };
  socket.data.resume();
}

function drip(socket: Socket<Connection>, text: string, interval: number): void {
  if (text === "") return;
  socket.write(text.slice(0, 1));
  socket.data.timer = setTimeout(() => drip(socket, text.slice(1), interval), interval);
}
