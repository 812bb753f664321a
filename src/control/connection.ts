import { type Answer, type Handler, MAX_REQUEST, parseRequest, problem, REQUEST_LIMIT_MS } from "./protocol.ts";

/** The server's side of one connection. */
export interface Connection {
  /** More bytes have come. */
  received(bytes: Uint8Array): void;
  /** The other side writes no more. */
  ended(): void;
  /** The other side is gone. */
  closed(): void;
}

const TOO_LONG = problem("too-long", `the request is longer than ${MAX_REQUEST} bytes`, "send a shorter one");
const TOO_SLOW = problem("too-slow", `no request came within ${REQUEST_LIMIT_MS / 1000} s`, "send a line of JSON");
const MALFORMED = problem("malformed", "the request is no JSON object with a command", "send a line of JSON");

/**
 * Reads one request, and answers once: to the request, or why there is none. What comes after it is ignored.
 *
 * @param answer sends the answer and closes the connection
 */
export function createConnection(meet: Handler, answer: (answer: Answer) => void): Connection {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let done = false;
  const finish = (reply: Answer | undefined): void => {
    if (done) return;
    done = true;
    clearTimeout(limit);
    if (reply) answer(reply);
  };
  const limit = setTimeout(() => finish(TOO_SLOW), REQUEST_LIMIT_MS);
  const read = (): void => {
    const request = parseRequest(Buffer.concat(chunks).toString("utf8").split("\n", 1)[0]!);
    if (request === undefined) return finish(MALFORMED);
    finish(undefined);
    void meet(request).then(answer);
  };
  return {
    received(bytes) {
      if (done) return;
      const end = bytes.indexOf(0x0a);
      length += end < 0 ? bytes.length : end;
      if (length > MAX_REQUEST) return finish(TOO_LONG);
      chunks.push(Uint8Array.from(bytes)); // the buffer is used again
      if (end >= 0) read();
    },
    ended: () => void (done || read()),
    closed: () => finish(undefined),
  };
}
