import { formatDuration } from "../net/duration.ts";
import type { FailureReason } from "../probe/probe.ts";

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
 * What an error means that Bun's fetch threw.
 *
 * @param timeout milliseconds that the request had; only told, never measured
 */
export function fetchFailure(
  error: unknown,
  timeout: number,
): { readonly reason: FailureReason; readonly detail: string } {
  const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
  if (name === "AbortError") return { reason: "other", detail: "the request was aborted" };
  const word = String(code ?? "");
  const reason = name === "TimeoutError" ? "timeout" : (REASONS[word] ?? (CERTIFICATE.test(word) ? "tls" : "other"));
  return {
    reason,
    detail: reason === "timeout" ? `timeout after ${formatDuration(timeout)}` : detailOf(reason, word, message),
  };
}

function detailOf(reason: FailureReason, code: string, message: string | undefined): string {
  if (reason === "tls") return code === "EPROTO" ? "TLS: the handshake failed" : `TLS: ${code}`;
  if (code === "ENOTFOUND") return "the host name cannot be resolved (ENOTFOUND)";
  return DETAILS[reason] ?? (code || message || "unknown failure");
}
