import { quote } from "../text/escape.ts";
import type { LogEntries, Status } from "../status/schema.ts";
import { isLocalHost } from "./host.ts";
import { rateLimitedCache } from "../time/rate-limited-cache.ts";
import { HEADERS, refusal } from "./responses.ts";

/** Answers requests for one path, whatever their method. */
export type Page = (request: Request) => Response | Promise<Response>;

/** Pages by their paths, as Bun.serve takes them. */
export type Pages = Readonly<Record<string, Page>>;

export interface ApiOptions {
  readonly status: () => Status;
  readonly log: () => LogEntries;
  readonly events: Page;
  /** Of the program. */
  readonly version: string;
  /** Whether a password stands before the pages: no web page from elsewhere gets past that. */
  readonly protected: boolean;
}

/** The pages that tell of the service. Everything is made when somebody asks, as long as not too many do. */
export function createPages({ status, log, events, version, protected: behindPassword }: ApiOptions): Pages {
  const guarded = (page: Page): Page => readOnly(behindPassword ? page : forNeighbours(page));
  return {
    "/": guarded(async () => {
      const { PAGE, PAGE_HEADERS } = await import("./page/document.ts"); // not before somebody looks at it
      return new Response(PAGE, { headers: { ...HEADERS, ...PAGE_HEADERS } });
    }),
    "/api/v1/status": guarded(cachedJson(status)),
    "/api/v1/log": guarded(cachedJson(log)),
    "/api/v1/events": guarded(events),
    "/api/v1/openapi.json": guarded(async () => {
      const { openApi } = await import("./openapi.ts"); // hardly ever asked for: not before somebody does
      return json(openApi({ version, protected: behindPassword }));
    }),
  };
}

function cachedJson(make: () => unknown): Page {
  const text = rateLimitedCache(() => JSON.stringify(make()));
  const headers = { ...HEADERS, "content-type": "application/json;charset=utf-8" };
  return async () => new Response(await text(), { headers });
}

function json(value: unknown): Response {
  return Response.json(value, { headers: HEADERS });
}

function readOnly(page: Page): Page {
  return (request) =>
    request.method === "GET" || request.method === "HEAD"
      ? page(request)
      : refusal(405, `${request.method} is not possible: everything here is read only`, { allow: "GET, HEAD" });
}

function forNeighbours(page: Page): Page {
  return (request) => {
    const host = request.headers.get("host") ?? undefined;
    if (isLocalHost(host)) return page(request);
    return refusal(
      403,
      `${quote(host!)} is a public name, behind which a foreign web page may hide; use an address or a local name, or set -http-password`,
    );
  };
}
