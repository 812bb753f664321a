import { formatDuration } from "../net/duration.ts";
import type { FailureReason, Probe, ProbeResult } from "./probe.ts";

/** What to ask of each gateway. `timeout` is in milliseconds and spans connecting, TLS and the answer's header. */
export interface HttpTarget {
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly path: string;
  readonly timeout: number;
}

/** What the `code` of an error means that Bun's fetch throws. */
const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset", // a polite close before the answer has this code as well
  EPIPE: "reset",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  ETIMEDOUT: "timeout",
  EACCES: "blocked", // a prohibit route
  EPERM: "blocked", // a firewall
  EINVAL: "blocked", // a blackhole route
  EADDRNOTAVAIL: "exhausted", // all local ports are taken
  EMFILE: "exhausted",
  ENFILE: "exhausted",
  ENOMEM: "exhausted",
  ENOBUFS: "exhausted",
  Malformed_HTTP_Response: "malformed",
  InvalidContentLength: "malformed",
  UnsupportedTransferEncoding: "malformed",
  ResponseHeadersTooLarge: "malformed",
  UnrequestedUpgrade: "malformed",
  EPROTO: "tls",
  INVALID_PURPOSE: "tls",
  INVALID_CA: "tls",
  PATH_LENGTH_EXCEEDED: "tls",
  UNHANDLED_CRITICAL_EXTENSION: "tls",
};

/** The many codes of certificates (BoringSSL's X509_V_ERR names, and Node's). */
const CERTIFICATE = /CERT|^ERR_(TLS|SSL|OSSL)|SELF_SIGNED|^UNABLE_TO|_MISMATCH$|^AKID_/;

const DETAILS: Readonly<Partial<Record<FailureReason, string>>> = {
  refused: "connection refused",
  reset: "connection reset or closed",
  unreachable: "unreachable",
  blocked: "blocked by a route or firewall of this machine",
  exhausted: "this machine has no socket, port or memory left",
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
  const reason = REASONS[word] ?? (CERTIFICATE.test(word) ? "tls" : "other");
  return { kind: "failure", seconds, reason, detail: reason === "timeout" ? after : detailOf(reason, word, message) };
}

function detailOf(reason: FailureReason, code: string, message: string | undefined): string {
  if (reason === "tls") return code === "EPROTO" ? "TLS: the handshake failed" : `TLS: ${code}`;
  return DETAILS[reason] ?? (code || message || "unknown failure");
}
