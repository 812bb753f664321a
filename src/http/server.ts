import type { Registry } from "prom-client";

import type { Page, Pages } from "./api.ts";
import { behindPassword } from "./auth.ts";
import { rateLimitedCache } from "../time/rate-limited-cache.ts";

/** What the HTTP endpoint tells about the service. */
export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  readonly registry: Registry;
  /** Whether the process does its work. */
  readonly health: () => Report;
  /** Whether traffic can rely on it. */
  readonly readiness: () => Report;
  /** More to serve. */
  readonly pages: Pages;
  /** Stands before everything but `/healthz`, which tells nothing and is asked by programs that know no password. */
  readonly password: string | undefined;
}

/** A verdict with its reason. */
export interface Report {
  readonly ok: boolean;
  readonly why: string;
}

/**
 * Serves `/metrics`, `/healthz`, `/readyz` and more pages.
 *
 * @throws with `code` EADDRINUSE or EADDRNOTAVAIL when the address cannot be had
 */
export function startServer({ address, port, registry, health, readiness, pages, password }: ServerOptions): {
  stop(): void;
} {
  const guarded = (page: Page): Page => behindPassword(password, page);
  const text = rateLimitedCache(() => registry.metrics());
  const metrics = async () => new Response(await text(), { headers: { "content-type": registry.contentType } });
  const server = listenOn(address, (hostname) =>
    Bun.serve({
      hostname,
      port,
      idleTimeout: 30, // seconds; a slow reader must not hold a connection for ever
      maxRequestBodySize: 1024,
      routes: {
        "/metrics": { GET: guarded(metrics) },
        "/healthz": { GET: () => answer(health()) },
        "/readyz": { GET: guarded(() => answer(readiness())) },
        ...Object.fromEntries(Object.entries(pages).map(([path, page]) => [path, guarded(page)])),
      },
      fetch: guarded(() => new Response("not found; try /metrics, /healthz or /readyz\n", { status: 404 })),
      error: (error) => new Response(`${error.message}\n`, { status: 500 }),
    }),
  );
  return { stop: () => void server.stop(true) };
}

/** IPv6's wildcard takes IPv4 in as well. A machine without IPv6 does not have it. */
export function listenOn<T>(address: string, listen: (hostname: string) => T): T {
  if (address !== "all") return listen(address);
  try {
    return listen("::");
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") throw error;
    return listen("0.0.0.0");
  }
}

function answer({ ok, why }: Report): Response {
  return new Response(`${ok ? "ok" : "not ok"}: ${why}\n`, { status: ok ? 200 : 503 });
}
