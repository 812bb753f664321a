import type { LogEntries, Status } from "../status/schema.ts";
import { quote } from "../text/escape.ts";
import { jsonText } from "../text/json.ts";
import { rateLimitedCache } from "../time/rate-limited-cache.ts";
import type { Handler, Routes } from "./handler.ts";
import { isLocalHost } from "./host.ts";
import { errorResponse, HEADERS } from "./responses.ts";

export interface ApiOptions {
  readonly status: () => Status;
  readonly log: () => LogEntries;
  readonly events: Handler;
  /** Of the program. */
  readonly version: string;
  /** Whether a password is required: no web page from elsewhere gets past that. */
  readonly protected: boolean;
}

/** The status page and the API. Answers are made when they are requested, at a limited rate. */
export function createApi({ status, log, events, version, protected: isProtected }: ApiOptions): Routes {
  const guarded = (handler: Handler): Handler => readOnly(isProtected ? handler : requireLocalHost(handler));
  return {
    "/": guarded(async () => {
      const { PAGE, PAGE_HEADERS } = await import("./page/document.ts"); // not loaded before it is requested
      return new Response(PAGE, { headers: { ...HEADERS, ...PAGE_HEADERS } });
    }),
    "/api/v1/status": guarded(cachedJson(status)),
    "/api/v1/log": guarded(cachedJson(log)),
    "/api/v1/events": guarded(events),
    "/api/v1/openapi.json": guarded(async () => {
      const { openApi } = await import("./openapi.ts"); // seldom requested, so not loaded before
      return Response.json(openApi({ version, protected: isProtected }), { headers: HEADERS });
    }),
  };
}

function cachedJson(make: () => unknown): Handler {
  const text = rateLimitedCache(() => jsonText(make()));
  const headers = { ...HEADERS, "content-type": "application/json;charset=utf-8" };
  return async () => new Response(await text(), { headers });
}

function readOnly(handler: Handler): Handler {
  return (request) =>
    request.method === "GET" || request.method === "HEAD"
      ? handler(request)
      : errorResponse(405, `method ${request.method} is not allowed: this API is read-only`, { allow: "GET, HEAD" });
}

/** Rejects requests for a public name: a web page from elsewhere can let its name point to this machine (DNS rebinding). */
function requireLocalHost(handler: Handler): Handler {
  return (request) => {
    const host = request.headers.get("host") ?? undefined;
    if (isLocalHost(host)) return handler(request);
    return errorResponse(
      403,
      `host ${quote(host!)} is a public name, which a web page from elsewhere can misuse; use an address or a local name, or set -http-password`,
    );
  };
}
