import dns from "node:dns/promises";

import type { Family } from "../net/address.ts";
import { addressInUrl, hostInUrl } from "../net/url-host.ts";
import { abortable } from "../time/abortable.ts";
import { NO_IPV6_ADDRESS } from "./failure.ts";
import { proxyOf } from "./proxy.ts";

export type FetchByAddress = (url: string, request: RequestInit) => Promise<Response>;

/** Codes of connections that were not made, so that nothing of the request was sent. */
const UNCONNECTED: readonly unknown[] = [
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOPROTOOPT",
  "EACCES",
  "EPERM",
  "EINVAL",
];

/**
 * Makes a `fetch` that resolves host names itself and connects to IPv4 first; without an IPv4 address, or where none can
 * be connected to, it leaves both to Bun. Bun 1.4.5 alone fails in two cases (measured): it waits for the answer to AAAA
 * queries, which some resolvers drop (15 s with glibc), and it reports ECONNREFUSED for every failed connection to a
 * name, even if a route of this machine rejected the packets.
 *
 * @param useProxy whether a proxy of the environment is used; an error behind one names it in its field `proxy`
 * @param family 6 for connections over IPv6 alone, since what the answer says depends on it
 */
export function createFetchByAddress(useProxy: boolean, family: Family = 4): FetchByAddress {
  let failures = 0;

  const direct = async (url: URL, request: RequestInit): Promise<Response> => {
    const literal = addressInUrl(url.hostname);
    const addresses = literal ? [] : await resolve(url.hostname, request.signal, family);
    if (addresses.length === 0) {
      if (family === 6 && literal?.family !== 6)
        throw Object.assign(new Error("no IPv6 address"), { code: NO_IPV6_ADDRESS });
      return send(url, request, { proxy: false });
    }
    const target = new URL(url);
    target.hostname = hostInUrl(addresses[failures % addresses.length]!); // after a failure another one is tried
    const headers = new Headers(request.headers);
    headers.set("host", url.host);
    try {
      return await send(target, { ...request, headers }, { proxy: false, tls: { serverName: url.hostname } });
    } catch (error) {
      failures += 1;
      if (family === 6 || !UNCONNECTED.includes((error as { code?: unknown }).code)) throw error;
      return send(url, request, { proxy: false }).catch(() => {
        throw error; // the one for a single address has the true code
      });
    }
  };

  return async (text, request) => {
    const url = new URL(text);
    const proxy = useProxy ? proxyOf(url, process.env) : undefined;
    if (!proxy) return direct(url, request);
    return send(url, request, { proxy: proxy.url }).catch((error: Error) => {
      throw Object.assign(error, { proxy: proxy.name });
    });
  };
}

/** The options are Bun's own. */
function send(url: URL, request: RequestInit, options: object): Promise<Response> {
  return fetch(url.href, { ...request, ...options } as RequestInit);
}

/** The addresses of a host in a family; none if it has none. Rejects when the signal aborts, or no name server answers. */
async function resolve(hostname: string, signal: AbortSignal | null | undefined, family: Family): Promise<string[]> {
  signal?.throwIfAborted();
  try {
    const lookUp = dns.lookup(hostname, { family, all: true });
    const found = await (signal ? abortable(lookUp, signal) : lookUp);
    return found.map(({ address }) => address);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOTFOUND") return [];
    throw error;
  }
}
