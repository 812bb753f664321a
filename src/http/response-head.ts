/** What marks the end of a body: its length in bytes, a last chunk, or the end of the connection. */
export type Framing = number | "chunked" | "connection";

export interface HeadOptions {
  readonly framing: Framing;
  /** Whether another request may follow on the connection. */
  readonly isPersistent: boolean;
  /** The time, in the format of RFC 9110, 5.6.7. */
  readonly date: string;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** The head of a response, with the empty line behind it. */
export function responseHead(
  { status, headers }: Pick<Response, "status" | "headers">,
  { framing, isPersistent, date }: HeadOptions,
): string {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ];
  if (framing === "chunked") lines.push("transfer-encoding: chunked");
  else if (framing !== "connection") lines.push(`content-length: ${framing}`);
  lines.push(`date: ${date}`, `connection: ${isPersistent ? "keep-alive" : "close"}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
