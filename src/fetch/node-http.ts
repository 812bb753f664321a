import type { ClientRequest, IncomingMessage } from "node:http";

/** An answer whose header has arrived. Its disposal closes the connection. */
export interface HttpAnswer extends Disposable {
  readonly status: number;
  /** When the server wants to be asked again (Retry-After). */
  readonly retryAfter: string | null;
  /** Where it redirects (Location). */
  readonly location: string | null;
  /** The body without transfer encoding; arrives while it is read, and rejects where it is cut short. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What sends requests of a protocol. It is loaded with the first one, which needs 8 MiB. */
export function nodeRequest(protocol: string): typeof import("node:http").request {
  return protocol === "https:"
    ? (require("node:https") as typeof import("node:https")).request
    : (require("node:http") as typeof import("node:http")).request;
}

/**
 * Sends a request; its answer once the header has arrived, after any interim ones. When the signal aborts, or where it
 * fails, the connection is closed, also while the body is read.
 *
 * @param onClose called when it is closed
 * @throws errors of the connection, of TLS and of HTTP, each with its code
 */
export async function answerOf(
  request: ClientRequest,
  signal: AbortSignal,
  onClose = (): void => {},
): Promise<HttpAnswer> {
  const close = (): void => {
    signal.removeEventListener("abort", close);
    request.destroy();
    onClose();
  };
  signal.addEventListener("abort", close);
  try {
    const response = await responseTo(request);
    const { "retry-after": retryAfter = null, location = null } = response.headers;
    return { status: response.statusCode!, retryAfter, location, body: response, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fail = (code: string): void => reject(Object.assign(new Error(code), { code }));
  request.on("response", (response) => {
    response.on("error", () => {}); // also comes to the reader of the body, if there is one
    resolve(response);
  });
  request.on("upgrade", () => fail("UnrequestedUpgrade"));
  request.on("error", reject);
  request.on("close", () => fail("ECONNRESET"));
  request.end();
  return promise;
}
