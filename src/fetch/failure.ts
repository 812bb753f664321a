import { formatDuration } from "../net/duration.ts";

/** Why an HTTP request got no answer. */
export type FetchFailureCode =
  | "timeout" // no answer within the time
  | "refused" // the port is closed
  | "reset" // the connection was closed before an answer
  | "unreachable" // no route, or no host answers for the address
  | "unresolved" // the host name has no address, or no name server answers
  | "blocked" // a route or firewall of this machine forbids the packet
  | "tls" // the handshake or the certificate failed
  | "malformed" // the answer is not HTTP
  | "exhausted" // this process has no socket, port or memory left
  | "other";

/** A request without an answer. */
export interface FetchFailure {
  readonly code: FetchFailureCode;
  /** The code in a few words for people, such as `timeout after 1s`. */
  readonly detail: string;
  /** The proxy that the request went through, for people. */
  readonly proxy?: string | undefined;
}

/** The `code` of an error about a host that has no IPv6 address, whether it has one of IPv4 or not. */
export const NO_IPV6_ADDRESS = "NO_IPV6_ADDRESS";

/** What the `code` of an error means that Bun's fetch throws. */
const CODES: Readonly<Record<string, FetchFailureCode>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset", // a polite close before the answer has this code as well
  EPIPE: "reset",
  ERR_SOCKET_CLOSED: "reset", // of node:net
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  ENODEV: "unreachable",
  ENOPROTOOPT: "unreachable", // a firewall rejects packets as of an unreachable protocol (ICMP type 3, code 2)
  ENOTFOUND: "unresolved",
  EAI_AGAIN: "unresolved",
  [NO_IPV6_ADDRESS]: "unresolved",
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

/** The codes of Node's parser, which node:http has instead of the words of fetch. */
const PARSER = /^HPE_/;

const NO_SERVER = "no name server answers for the host name (EAI_AGAIN)";

const DETAILS: Readonly<Partial<Record<FetchFailureCode, string>>> = {
  refused: "connection refused",
  reset: "connection reset or closed",
  unreachable: "unreachable",
  blocked: "blocked by a route or firewall of this machine",
  exhausted: "this machine has no socket, port or memory left",
  malformed: "the answer is not HTTP",
};

/**
 * Classifies an error that Bun's fetch threw.
 *
 * @param timeout milliseconds that the request had; only quoted, never measured
 */
export function fetchFailure(error: unknown, timeout: number): FetchFailure {
  const { name, code: errno, message, proxy } = error as Thrown;
  if (name === "AbortError") return { code: "other", detail: "the request was aborted" };
  const word = String(errno ?? "");
  const code = name === "TimeoutError" ? "timeout" : (CODES[word] ?? codeByPattern(word));
  const through = proxy === undefined ? "" : `, through the proxy of ${proxy}`;
  return { code, detail: `${detailOf(code, word, message, timeout)}${through}`, ...(proxy !== undefined && { proxy }) };
}

function codeByPattern(word: string): FetchFailureCode {
  if (PARSER.test(word)) return "malformed";
  return CERTIFICATE.test(word) ? "tls" : "other";
}

interface Thrown {
  readonly name?: string;
  readonly code?: unknown;
  readonly message?: string;
  /** The proxy that the request went through, for people. */
  readonly proxy?: string;
}

/** What Bun says to programmers of an error, which explains nothing to the reader of a log. */
const FOR_PROGRAMMERS = /verbose: true|Is the computer able|typo in the url|JSON Parse error/;

/** The text of an error without a code, which is this program's own unless it is one of Bun's. */
function ownWords(message = ""): string {
  return FOR_PROGRAMMERS.test(message) ? "" : message.replace(/\.$/, "");
}

function detailOf(code: FetchFailureCode, errno: string, message: string | undefined, timeout: number): string {
  if (code === "timeout") return `timeout after ${formatDuration(timeout)}`;
  if (code === "tls") return errno === "EPROTO" ? "TLS: the handshake failed" : `TLS: ${errno}`;
  if (errno === "ENODEV") return "there is no such interface";
  if (errno === NO_IPV6_ADDRESS) return "the host has no IPv6 address";
  if (code === "unresolved") return errno === "EAI_AGAIN" ? NO_SERVER : `the host name cannot be resolved (${errno})`;
  const declined = errno === "ERR_PROXY_TUNNEL" ? /\b\d{3}\b/.exec(message ?? "")?.[0] : undefined;
  if (declined !== undefined) return `status ${declined} of the proxy`;
  return DETAILS[code] ?? (errno || ownWords(message) || "unknown failure");
}
