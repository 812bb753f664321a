import { readFileSync } from "node:fs";
import { hostname } from "node:os";

import type { ServiceConfig } from "../config/model.ts";
import { type ConnectionLimits, limitsFor, openFilesIn } from "../http/connection-limits.ts";
import type { HostRules } from "../http/guards.ts";
import { nameInHost } from "../http/host.ts";
import type { Rejections } from "../http/rejections.ts";
import { type ServerOptions, startServer } from "../http/server.ts";
import { StartError } from "./start-error.ts";

/**
 * Opens the HTTP port.
 *
 * @throws {StartError} when that is not possible
 */
export function openPort(
  { metricsAddress: address, metricsPort: port, httpPassword: password }: ServiceConfig,
  content: Omit<ServerOptions, "address" | "port" | "password">,
): { stop(): void } {
  try {
    return startServer({ address, port, password, ...content });
  } catch (error) {
    const where = address === "all" ? `port ${port}` : `${address} port ${port}`;
    const { code = "", message } = error as { code?: string; message: string };
    if (code === "EADDRINUSE") throw new StartError("port", `${where} is in use`, "choose another -metrics-port");
    if (code === "EACCES")
      throw new StartError("port", `no privilege to listen on ${where}`, "choose a -metrics-port above 1023");
    throw new StartError(
      "port",
      `cannot listen on ${where}: ${code || message}`,
      "check -metrics-address and -metrics-port",
    );
  }
}

/**
 * The names under which the port answers besides addresses and local names: those of -allowed-host, and that of this
 * machine, which `print scrape-config` names and no web page from elsewhere can have.
 *
 * @param machine the host name of this machine
 */
export function hostRulesOf(
  { allowedHost }: Pick<ServiceConfig, "allowedHost">,
  rejections: Pick<Rejections, "add">,
  machine = hostname(),
): HostRules {
  return {
    allowed: [...allowedHost, nameInHost(machine)],
    onRejected: (host, from) => rejections.add("host", from, host),
  };
}

/** How many connections the port may hold, by the limits of this process. */
export function connectionLimits(): ConnectionLimits {
  return limitsFor(openFileLimit());
}

/** How many files, sockets and pipes this process may have open; undefined where /proc does not tell. */
function openFileLimit(): number | undefined {
  try {
    return openFilesIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}
