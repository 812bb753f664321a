import type { Registry } from "prom-client";

import type { Report } from "../status/schema.ts";
import { rateLimitedCache } from "../time/rate-limited-cache.ts";
import { requirePassword } from "./auth.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { Handler, Routes } from "./handler.ts";
import { listenHttp } from "./listener.ts";
import { errorResponse } from "./responses.ts";

/** Where the HTTP port is, and what it serves. */
export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  readonly registry: Pick<Registry, "metrics" | "contentType">;
  /** Whether the process does its work. */
  readonly health: () => Report;
  /** Whether traffic can rely on it. */
  readonly readiness: () => Report;
  /** More to serve. */
  readonly routes: Routes;
  /** Required for everything but `/healthz`, which reveals nothing and is requested by programs without a password. */
  readonly password: string | undefined;
  readonly limits: ConnectionLimits;
}

/**
 * Serves `/metrics`, `/healthz`, `/readyz` and more routes.
 *
 * @throws with `code` EADDRINUSE or EADDRNOTAVAIL when the address is not available
 */
export function startServer({ address, port, registry, health, readiness, routes, password, limits }: ServerOptions): {
  stop(): void;
} {
  const guarded = (handler: Handler): Handler => requirePassword(password, handler);
  const text = rateLimitedCache(() => registry.metrics());
  const metrics = async () => new Response(await text(), { headers: { "content-type": registry.contentType } });
  const served: Routes = {
    "/metrics": guarded(metrics),
    "/healthz": () => reportResponse(health()),
    "/readyz": guarded(() => reportResponse(readiness())),
    ...Object.fromEntries(Object.entries(routes).map(([path, handler]) => [path, guarded(handler)])),
  };
  const notFound = guarded(() => errorResponse(404, "not found; try /metrics, /healthz or /readyz"));
  const respond: Handler = (request) => {
    const { pathname } = new URL(request.url);
    return (Object.hasOwn(served, pathname) ? served[pathname]! : notFound)(request);
  };
  return listenOn(address, (hostname) => listenHttp({ hostname, port, limits, respond }));
}

/** Listens at an address; `all` means IPv6's wildcard, which accepts IPv4 as well, or IPv4's on a machine without IPv6. */
export function listenOn<T>(address: string, listen: (hostname: string) => T): T {
  if (address !== "all") return listen(address);
  try {
    return listen("::");
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") throw error;
    return listen("0.0.0.0");
  }
}

function reportResponse({ ok, why }: Report): Response {
  return new Response(`${ok ? "ok" : "not ok"}: ${why}\n`, { status: ok ? 200 : 503 });
}
