import { getByZone } from "../fetch/by-zone.ts";
import { type FetchFailure, fetchFailure } from "../fetch/failure.ts";
import { nodeRequest } from "../fetch/node-http.ts";
import { type RedirectChange, redirectOf, redirectReason } from "../fetch/redirect.ts";
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
  const answerOf = async (url: string, gateway: string, signal: AbortSignal): Promise<Answer> => {
    const [, zone] = gateway.split("%");
    if (zone !== undefined) {
      using answer = await getByZone(new URL(url), zone, headers, signal);
      return { status: answer.status, location: answer.location };
    }
    const response = await fetch(url, { ...options, signal } as RequestInit);
    void response.body?.cancel().catch(() => {}); // closes the connection; what it ends with no longer matters
    return { status: response.status, location: response.headers.get("location") };
  };
  const ask = async (gateway: string): Promise<ProbeResult> => {
    if (gateway.includes("%")) nodeRequest(`${scheme}:`); // loads it, which takes long, before the time of the probe begins
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      const url = urlOf(gateway);
      return resultOf(await answerOf(url, gateway, deadline(timeout)), url, seconds());
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

/** What counts of the header of an answer. */
interface Answer {
  readonly status: number;
  readonly location: string | null;
}

function resultOf({ status, location }: Answer, asked: string, seconds: number): ProbeResult {
  const outcome = { seconds, detail: `status ${status}`, status };
  if (status >= 200 && status <= 299) return { kind: "success", ...outcome };
  const redirect = redirectOf(status, location, asked);
  const more = redirect && { redirect, detail: `${redirectReason(redirect)}; ${REMEDIES[redirect.change]}` };
  return { kind: "failure", code: "status", ...outcome, ...more };
}

/** What to probe instead, by what a redirect changes. */
const REMEDIES: Readonly<Record<RedirectChange, string>> = {
  path: "probe that path",
  port: "probe that port",
  scheme: "probe with that scheme and port",
  host: "that is another host: probe a path that the gateway answers itself",
  nothing: "it leads to itself: probe another path",
  unknown: "probe another path",
};
