import { quote } from "../text/escape.ts";
import type { Handler } from "./handler.ts";
import { isHostname, isLocalHost, nameInHost } from "./host.ts";
import { textResponse } from "./responses.ts";

/** Under which names the port answers, besides addresses and local names. */
export interface HostRules {
  /** In small letters. */
  readonly allowed: readonly string[];
  /** Called with the name of a request that is rejected, and the address of its client. */
  readonly onRejected?: (host: string, from: string | undefined) => void;
}

/** Characters of a name that are reported; DNS has none that is longer. */
const MOST_NAME = 253;

/** Rejects what would change something. */
export function readOnly(handler: Handler): Handler {
  return (request) =>
    request.method === "GET" || request.method === "HEAD"
      ? handler(request)
      : textResponse(405, `method ${request.method} is not allowed: this API is read-only`, { allow: "GET, HEAD" });
}

/**
 * Rejects requests for other public names than those allowed: a web page from elsewhere can let its name point to this
 * machine (DNS rebinding).
 */
export function requireKnownHost({ allowed, onRejected }: HostRules = { allowed: [] }, handler: Handler): Handler {
  return (request) => {
    const host = request.headers.get("host") ?? "";
    const name = nameInHost(host);
    if (isLocalHost(host) || allowed.includes(name)) return handler(request);
    onRejected?.(name.slice(0, MOST_NAME), request.from);
    const option = isHostname(name) ? `set -allowed-host ${name}` : "name it by -allowed-host";
    return textResponse(
      403,
      `host ${quote(host)} is a public name, which a web page from elsewhere can misuse; use an address or a local name, ${option} where it is a name of this router, or set -http-password`,
    );
  };
}
