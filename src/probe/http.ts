import { formatDuration } from "../net/duration.ts";
import type { FailureReason, Probe, ProbeResult } from "./probe.ts";

/** What to ask of each gateway. `timeout` is in milliseconds and spans connecting, TLS and the answer's header. */
export interface HttpTarget {
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly path: string;
  readonly timeout: number;
}

/** `code` of the errors that Bun's fetch throws, by what they mean. Codes of certificates are matched by pattern below. */
const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: "refused",
  ConnectionRefused: "refused",
  ECONNRESET: "reset",
  ConnectionClosed: "reset",
  EPIPE: "reset",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ETIMEDOUT: "timeout",
  EACCES: "blocked",
  EPERM: "blocked",
  EINVAL: "blocked", // a blackhole route answers so
  EMFILE: "exhausted",
  ENFILE: "exhausted",
  ENOMEM: "exhausted",
  ENOBUFS: "exhausted",
  EPROTO: "tls",
};

const TLS_CODE = /CERT|^ERR_(TLS|SSL|OSSL)|SELF_SIGNED|^UNABLE_TO|^HOSTNAME_MISMATCH/;
const HTTP_CODE = /^(Malformed|Invalid|HTTP|Response|Unexpected|Unsupported|TooMany|Unclosed|HPE)/i;

const DETAILS: Readonly<Partial<Record<FailureReason, string>>> = {
  refused: "connection refused",
  reset: "connection reset",
  unreachable: "unreachable",
  malformed: "the answer is not HTTP",
};

/**
 * A probe that sends one GET and judges the status alone: 2xx is healthy, everything else is not. Redirects are not
 * followed, proxies of the environment are not used, each probe has a connection of its own, and the body is dropped
 * unread.
 */
export function httpProbe({ scheme, port, path, timeout }: HttpTarget): Probe {
  const headers = { connection: "close", accept: "*/*", "user-agent": "gateway-route-manager" };
  // `proxy: false` and `decompress` are Bun's own: the first ignores HTTP_PROXY and its like.
  const options = { redirect: "manual", keepalive: false, decompress: false, proxy: false, headers } as const;
  return async (gateway) => {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeout)));
      const response = await fetch(`${scheme}://${gateway}:${port}${path}`, { ...options, signal } as RequestInit);
      const result = judge(response.status, seconds());
      void response.body?.cancel().catch(() => {}); // closes the connection; what it ends with no longer matters
      return result;
    } catch (error) {
      return failureOf(error, seconds(), timeout);
    }
  };
}

function judge(status: number, seconds: number): ProbeResult {
  return status >= 200 && status <= 299
    ? { kind: "success", seconds, status }
    : { kind: "failure", seconds, reason: "status", detail: `status ${status}`, status };
}

function failureOf(error: unknown, seconds: number, timeout: number): ProbeResult {
  const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
  const after = `timeout after ${formatDuration(timeout)}`;
  if (name === "TimeoutError") return { kind: "failure", seconds, reason: "timeout", detail: after };
  const word = String(code ?? "");
  const reason = REASONS[word] ?? (TLS_CODE.test(word) ? "tls" : HTTP_CODE.test(word) ? "malformed" : "other");
  const detail = DETAILS[reason] ?? (reason === "tls" ? `TLS: ${word}` : word || message || "unknown failure");
  return { kind: "failure", seconds, reason, detail: reason === "timeout" ? after : detail };
}
