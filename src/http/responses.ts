import type { Report } from "../status/schema.ts";

/** Headers of every answer: the type is not to be guessed, and nothing is to be stored. */
export const HEADERS = { "x-content-type-options": "nosniff", "cache-control": "no-store" } as const;

/** A line of text, such as the reason of an error. */
export function textResponse(status: number, line: string, headers: Readonly<Record<string, string>> = {}): Response {
  const type = { "content-type": "text/plain;charset=utf-8" }; // Bun leaves it out of the headers of a text
  return new Response(`${line}\n`, { status, headers: { ...HEADERS, ...type, ...headers } });
}

/** Server-sent events, whose end is unknown. */
export const STREAM_TYPE = "text/event-stream";

/** Whether the body of a response is to be sent as it is made. */
export function isStream({ headers }: Response): boolean {
  return headers.get("content-type") === STREAM_TYPE;
}

/** Status 200 or 503, and the reason. */
export function reportResponse({ ok, why }: Report): Response {
  return textResponse(ok ? 200 : 503, `${ok ? "ok" : "not ok"}: ${why}`);
}
