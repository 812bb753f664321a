/** A GET from inside a namespace. `fetch` can't do this: its sockets are made on a thread of its own. */
import type { Namespace } from "./namespace.ts";
import { within } from "./wait.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export async function get(space: Namespace, address: string, port: number, path: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const chunks: Uint8Array[] = [];
  const socket = await space.enter(() =>
    Bun.connect({
      hostname: address,
      port,
      socket: {
        open: (socket) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: ${address}\r\nConnection: close\r\n\r\n`),
        data: (_, chunk) => void chunks.push(Uint8Array.from(chunk)),
        error: (_, error) => reject(error),
        close: () => {
          try {
            resolve(parse(Buffer.concat(chunks).toString()));
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

function parse(text: string): Answer {
  const [head = "", body = ""] = splitOnce(text, "\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (!status) throw new Error(`not an HTTP answer: ${statusLine}`);
  return { status, headers: new Headers(fields.map((field) => splitOnce(field, ":"))), body };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
