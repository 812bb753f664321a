import type { Registry } from "prom-client";

import type { PoolReadiness } from "../status/readiness.ts";
import type { Report } from "../status/schema.ts";
import { rateLimitedCache } from "../time/rate-limited-cache.ts";
import { requirePassword } from "./auth.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { type HostRules, readOnly, requireKnownHost } from "./guards.ts";
import type { Handler, Routes } from "./handler.ts";
import { listenHttp } from "./listener.ts";
import { createNotFound } from "./not-found.ts";
import { PasswordThrottle } from "./password-throttle.ts";
import { createReadyz, createUsable } from "./readyz.ts";
import type { Rejections } from "./rejections.ts";
import { reportResponse } from "./responses.ts";

/** Where the HTTP port is, and what it serves. */
export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  readonly limits: ConnectionLimits;
  readonly registry: Pick<Registry, "metrics" | "contentType">;
  /** Whether the process does its work. */
  readonly health: () => Report;
  /** Whether traffic can rely on its pools. */
  readonly pools: () => readonly PoolReadiness[];
  /** More to serve, which judges hosts itself. */
  readonly routes: Routes;
  /** Required for everything but `/healthz`, which reveals nothing and is requested by programs without a password. */
  readonly password: string | undefined;
  /** The same for the hosts, where no password is required. */
  readonly hosts: HostRules;
  readonly rejections: Pick<Rejections, "add">;
}

/**
 * Serves `/metrics`, `/healthz`, `/readyz`, `/usable` and more routes.
 *
 * @throws with `code` EADDRINUSE or EADDRNOTAVAIL when the address is not available
 */
export function startServer(options: ServerOptions): { stop(): void } {
  const { address, port, limits, rejections } = options;
  const respond = createRouter(options);
  const onFull = (from: string): void => rejections.add("connections", from);
  return listenOn(address, (hostname) => listenHttp({ hostname, port, limits, respond, onFull }));
}

/** Answers requests for any path. */
export function createRouter(options: ServerOptions): Handler {
  const { registry, health, pools, routes, password, hosts } = options;
  const locked = lockOf(options);
  const guarded = (handler: Handler): Handler =>
    locked(readOnly(password === undefined ? requireKnownHost(hosts, handler) : handler));
  const text = rateLimitedCache(() => registry.metrics());
  const metrics = async () => new Response(await text(), { headers: { "content-type": registry.contentType } });
  const served: Routes = {
    "/metrics": guarded(metrics),
    "/healthz": readOnly(() => reportResponse(health())),
    "/readyz": guarded(createReadyz(pools)),
    "/usable": guarded(createUsable(pools)),
    ...Object.fromEntries(Object.entries(routes).map(([path, handler]) => [path, locked(handler)])),
  };
  const notFound = guarded(createNotFound([...Object.keys(routes), "/metrics", "/healthz", "/readyz", "/usable"]));
  return (request) => {
    const { pathname } = new URL(request.url);
    return (Object.hasOwn(served, pathname) ? served[pathname]! : notFound)(request);
  };
}

/** Lets through requests with the password, where one is set. */
function lockOf({ password, rejections }: ServerOptions): (handler: Handler) => Handler {
  const onWrong = (from: string | undefined): void => rejections.add("password", from);
  const rules = { throttle: new PasswordThrottle(), onWrong };
  return (handler) => requirePassword(password, handler, rules);
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
