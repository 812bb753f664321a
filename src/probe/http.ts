import { getByZone } from "../fetch/by-zone.ts";
import { type FetchFailure, fetchFailure } from "../fetch/failure.ts";
import { nodeRequest } from "../fetch/node-http.ts";
import { familyOf } from "../net/address.ts";
import { hostInUrl } from "../net/url-host.ts";
import { deadline } from "../time/deadline.ts";
import { repeatIfLate } from "./late.ts";
import type { Probe, ProbeResult } from "./probe.ts";

/** What to ask of each gateway. `timeout` is in milliseconds and spans connecting, TLS and the answer's header. */
export interface HttpTarget {
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly path: string;
  readonly timeout: number;
}

/**
 * A probe that sends one GET and judges the status alone: 2xx is healthy, everything else is not. Redirects are not
 * followed, proxies of the environment are not used, each probe has a connection of its own, and the body is dropped
 * unread. A failure while this process did not run is no verdict: the gateway is asked once more.
 */
export function httpProbe({ scheme, port, path, timeout }: HttpTarget): Probe {
  const headers = { connection: "close", accept: "*/*", "user-agent": "gateway-route-manager" };
  // `proxy: false` and `decompress` are Bun's own: the first ignores HTTP_PROXY and its like.
  const options = { redirect: "manual", keepalive: false, decompress: false, proxy: false, headers } as const;
  const urls = new Map<string, string>(); // made once for each gateway: to read an address takes a tenth of a probe
  const urlOf = (gateway: string): string => {
    const url = urls.get(gateway) ?? `${scheme}://${hostInUrl(gateway)}:${port}${path}`;
    urls.set(gateway, url);
    return url;
  };
  const statusOf = async (gateway: string, signal: AbortSignal): Promise<number> => {
    const url = urlOf(gateway);
    const [, zone] = gateway.split("%");
    if (zone !== undefined) {
      using answer = await getByZone(new URL(url), zone, headers, signal);
      return answer.status;
    }
    const response = await fetch(url, { ...options, signal } as RequestInit);
    void response.body?.cancel().catch(() => {}); // closes the connection; what it ends with no longer matters
    return response.status;
  };
  const ask = async (gateway: string): Promise<ProbeResult> => {
    if (gateway.includes("%")) nodeRequest(`${scheme}:`); // loads it, which takes long, before the time of the probe begins
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      return resultOf(await statusOf(gateway, deadline(timeout)), seconds());
    } catch (error) {
      return { kind: "failure", seconds: seconds(), ...failureAt(gateway, error, timeout) };
    }
  };
  return (gateway) => repeatIfLate(timeout, () => ask(gateway));
}

/** In IPv6, EACCES is also what the ICMP errors of a firewall elsewhere become (icmpv6_err_convert in net/ipv6/icmp.c). */
function failureAt(gateway: string, error: unknown, timeout: number): FetchFailure {
  const failure = fetchFailure(error, timeout);
  const isAnywhere = familyOf(gateway) === 6 && (error as { code?: unknown }).code === "EACCES";
  return isAnywhere ? { ...failure, detail: "blocked by a route or firewall, of this machine or beyond" } : failure;
}

function resultOf(status: number, seconds: number): ProbeResult {
  const outcome = { seconds, detail: `status ${status}`, status };
  return status >= 200 && status <= 299
    ? { kind: "success", ...outcome }
    : { kind: "failure", code: "status", ...outcome };
}
