import type { LogEntries, Status } from "../picture/status.ts";

/** Answers requests for one path, whatever their method. */
export type Page = (request: Request) => Response | Promise<Response>;

/** Pages by their paths, as Bun.serve takes them. */
export type Pages = Readonly<Record<string, Page>>;

export interface ApiOptions {
  readonly status: () => Status;
  readonly log: () => LogEntries;
}

/** The pages that tell of the service. Everything is made at the moment somebody asks. */
export function createPages({ status, log }: ApiOptions): Pages {
  return {
    "/api/v1/status": readOnly(() => json(status())),
    "/api/v1/log": readOnly(() => json(log())),
  };
}

/** What any page says of itself: nobody may guess another type, and nothing is worth keeping. */
const HEADERS = { "x-content-type-options": "nosniff", "cache-control": "no-store" } as const;

function json(value: unknown): Response {
  return Response.json(value, { headers: HEADERS });
}

function refusal(status: number, why: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${why}\n`, { status, headers: { ...HEADERS, ...headers } });
}

function readOnly(page: Page): Page {
  return (request) =>
    request.method === "GET" || request.method === "HEAD"
      ? page(request)
      : refusal(405, `${request.method} is not possible: everything here is read only`, { allow: "GET, HEAD" });
}
