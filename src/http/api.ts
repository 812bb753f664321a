import type { LogEntries, Status } from "../status/schema.ts";
import { jsonText } from "../text/json.ts";
import { rateLimitedCache } from "../time/rate-limited-cache.ts";
import { type HostRules, readOnly, requireKnownHost } from "./guards.ts";
import type { Handler, Routes } from "./handler.ts";
import { HEADERS } from "./responses.ts";

export interface ApiOptions {
  readonly status: () => Status;
  readonly log: () => LogEntries;
  readonly events: Handler;
  /** Of the program. */
  readonly version: string;
  /** Whether a password is required: no web page from elsewhere gets past that. */
  readonly protected: boolean;
  /** Where no password is required; by default public names are rejected. */
  readonly hosts?: HostRules;
}

/** The status page and the API. Answers are made when they are requested, at a limited rate. */
export function createApi({ status, log, events, version, protected: isProtected, hosts }: ApiOptions): Routes {
  const guarded = (handler: Handler): Handler => readOnly(isProtected ? handler : requireKnownHost(hosts, handler));
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
