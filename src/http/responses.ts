import type { Report } from "../status/schema.ts";

/** Headers of every answer: the type is not to be guessed, and nothing is to be stored. */
export const HEADERS = { "x-content-type-options": "nosniff", "cache-control": "no-store" } as const;

/** An error with its reason as text. */
export function errorResponse(status: number, why: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${why}\n`, { status, headers: { ...HEADERS, ...headers } });
}

/** Server-sent events, whose end is unknown. */
export const STREAM_TYPE = "text/event-stream";

/** Whether the body of a response is to be sent as it is made. */
export function isStream({ headers }: Response): boolean {
  return headers.get("content-type") === STREAM_TYPE;
}

/** Status 200 or 503, and the reason. */
export function reportResponse({ ok, why }: Report): Response {
  return new Response(`${ok ? "ok" : "not ok"}: ${why}\n`, { status: ok ? 200 : 503 });
}
