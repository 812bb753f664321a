/** What any page says of itself: nobody may guess another type, and nothing is worth keeping. */
export const HEADERS = { "x-content-type-options": "nosniff", "cache-control": "no-store" } as const;

/** An answer that says in words why there is no other. */
export function refusal(status: number, why: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${why}\n`, { status, headers: { ...HEADERS, ...headers } });
}
