import type { RequestHead } from "./request-head.ts";
import { type Framing, responseHead } from "./response-head.ts";
import { textResponse, isStream } from "./responses.ts";

export type Respond = () => Response | Promise<Response>;

/** The response that a handler makes; its error becomes one as well. */
export async function responseOf(respond: Respond): Promise<Response> {
  try {
    return await respond();
  } catch (error) {
    return textResponse(500, (error as Error).message);
  }
}

/**
 * A response with its body, in bytes.
 *
 * @param request undefined where it could not be read
 */
export async function wholeResponse(response: Response, request: RequestHead | undefined): Promise<Uint8Array> {
  const body = new Uint8Array(await response.arrayBuffer());
  const isPersistent = request?.isPersistent === true && !isStream(response);
  const head = headOf(response, isStream(response) ? "connection" : body.length, isPersistent);
  return request?.method === "HEAD" ? head : Buffer.concat([head, body]);
}

/** The head of a response whose body has no known end. */
export function headOfStream(response: Response, isChunked: boolean): Uint8Array {
  return headOf(response, isChunked ? "chunked" : "connection", false);
}

/** A chunk of a body (RFC 9112, 7.1), or that which ends it. */
export function chunkOf(bytes: Uint8Array, isLast: boolean): Uint8Array {
  if (isLast) return Buffer.from("0\r\n\r\n");
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

function headOf(response: Response, framing: Framing, isPersistent: boolean): Buffer {
  return Buffer.from(responseHead(response, { framing, isPersistent, date: new Date().toUTCString() }), "latin1");
}
