/** HTTP requests from inside a namespace. `fetch` cannot do this: it makes its sockets on a thread of its own. */
import type { Namespace } from "./namespace.ts";
import { within } from "./wait.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface RequestOptions {
  /** GET by default. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request on a connection of its own, and waits for the end of the answer. */
export async function get(
  space: Namespace,
  address: string,
  port: number,
  path: string,
  { method = "GET", headers = {} }: RequestOptions = {},
): Promise<Answer> {
  const fields = Object.entries({ Host: address, Connection: "close", ...headers });
  const head = [`${method} ${path} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const chunks: Uint8Array[] = [];
  const socket = await space.enter(() =>
    Bun.connect({
      hostname: address,
      port,
      socket: {
        open: (socket) => void socket.write(`${head.join("\r\n")}\r\n\r\n`),
        data: (_, chunk) => void chunks.push(Uint8Array.from(chunk)),
        error: (_, error) => reject(error),
        close: () => {
          try {
            resolve(parse(Buffer.concat(chunks)));
          } catch (error) {
            reject(error);
          }
        },
      },
    }),
  );
  try {
    return await within(`an answer from ${address}:${port}${path}`, promise);
  } finally {
    socket.terminate();
  }
}

function parse(bytes: Buffer): Answer {
  const [head = "", rest = ""] = splitOnce(bytes.toString("latin1"), "\r\n\r\n"); // one character for each byte
  const [statusLine = "", ...fields] = head.split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (!status) throw new Error(`not an HTTP answer: ${statusLine}`);
  const headers = new Headers(fields.map((field) => splitOnce(field, ":")));
  const body = headers.get("transfer-encoding") === "chunked" ? joinChunks(rest) : rest;
  return { status, headers, body: Buffer.from(body, "latin1").toString() };
}

function joinChunks(text: string): string {
  const [size, rest] = splitOnce(text, "\r\n");
  const length = Number.parseInt(size, 16);
  return length > 0 ? rest.slice(0, length) + joinChunks(rest.slice(length + 2)) : "";
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
