/** Bytes that the head of a request may have. Browsers stay below 8 KiB. */
export const MOST_HEAD_BYTES = 16 << 10;

/** The head of a request (RFC 9112): all that this port reads of one. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, which begin with a slash. */
  readonly target: string;
  readonly headers: Headers;
  /** Whether the client accepts a chunked body: HTTP/1.1, not 1.0. */
  readonly isModern: boolean;
  /** Whether another request may follow. Not after a body, which is left unread. */
  readonly isPersistent: boolean;
}

/** What the first bytes of a connection are; `length` is in bytes. */
export type Reading =
  | { readonly kind: "incomplete" }
  | { readonly kind: "head"; readonly head: RequestHead; readonly length: number }
  /** No request that can be answered otherwise: the connection ends. */
  | { readonly kind: "rejected"; readonly status: 400 | 431 | 505; readonly why: string };

const END = "\r\n\r\n";
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/(\\d)\\.(\\d)$`);
const FIELD_NAME = new RegExp(`^${TOKEN}$`);
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/i;

/**
 * Reads the head of a request, strictly: what another server could read in two ways is rejected. Each byte becomes one
 * character, as `fetch` does it.
 */
export function readHead(bytes: Buffer): Reading {
  const begin = bytes[0] === 0x0d && bytes[1] === 0x0a ? 2 : 0; // an empty line before it is allowed (RFC 9112, 2.2)
  const end = bytes.indexOf(END, begin);
  if ((end < 0 ? bytes.length : end) - begin > MOST_HEAD_BYTES)
    return rejected(431, `the head of the request is longer than ${MOST_HEAD_BYTES} bytes`);
  if (end < 0) return { kind: "incomplete" };
  const [line = "", ...fields] = bytes.toString("latin1", begin, end).split("\r\n");
  const [, method, target, major, minor] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined) return rejected(400, "the first line is no request of HTTP/1.1");
  if (major !== "1") return rejected(505, `HTTP/${major}.${minor} is not spoken here; use HTTP/1.1`);
  const headers = readFields(fields);
  if (!headers) return rejected(400, "a header field of the request is malformed");
  const isModern = minor !== "0";
  const hosts = fields.filter((field) => /^host:/i.test(field)).length;
  if (hosts > 1 || (isModern && hosts === 0)) return rejected(400, `the request has ${hosts} Host fields, not one`);
  const [, authority, rest] = ABSOLUTE.exec(target!) ?? [];
  if (authority !== undefined) headers.set("host", authority); // which goes before the field (RFC 9112, 3.2.2)
  const path = authority === undefined ? target! : rest!.startsWith("/") ? rest! : `/${rest}`;
  if (!path.startsWith("/")) return rejected(400, "the target of the request does not begin with a slash");
  const head = { method, target: path, headers, isModern, isPersistent: persists(headers, isModern) };
  return { kind: "head", head, length: end + END.length };
}

function rejected(status: 400 | 431 | 505, why: string): Reading {
  return { kind: "rejected", status, why };
}

function readFields(fields: readonly string[]): Headers | undefined {
  const headers = new Headers();
  for (const field of fields) {
    const colon = field.indexOf(":");
    const [name, value] = [field.slice(0, Math.max(0, colon)), field.slice(colon + 1)];
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value)) return undefined;
    headers.append(name, value);
  }
  return headers;
}

/** Bodies are not read, so that nothing can follow one. */
function persists(headers: Headers, isModern: boolean): boolean {
  const hasBody = headers.has("transfer-encoding") || !/^0*$/.test(headers.get("content-length") ?? "");
  const options = (headers.get("connection") ?? "").toLowerCase().split(/[\s,]+/);
  return !hasBody && !options.includes("close") && (isModern || options.includes("keep-alive"));
}
