import { VERSION } from "../build.ts";
import { jsonText } from "../text/json.ts";
import { redact } from "../text/redact.ts";
import { createFetchByAddress } from "../fetch/by-address.ts";
import { fetchFailure } from "../fetch/failure.ts";
import { type Redirect, redirectOf } from "../fetch/redirect.ts";
import { readRetryAfter } from "../fetch/retry-after.ts";
import { deadline } from "../time/deadline.ts";
import { type DeliveryResult, STOPPED, type Transport } from "./delivery.ts";

/**
 * Sends notifications by POST, as JSON. No redirect is followed, since that would send the secrets of the URL elsewhere; a
 * proxy of the environment is used, as for the DNS provider. Of an answer only the status and Retry-After are read.
 *
 * @param timeout milliseconds that one request may take
 */
export function webhookTransport(address: string, timeout: number): Transport {
  const { url, headers, secrets } = targetOf(address);
  // `decompress` is Bun's own: a body that is not read needs no unpacking.
  const options = { method: "POST", headers, redirect: "manual", keepalive: false, decompress: false } as const;
  const fetchByAddress = createFetchByAddress(true);
  return {
    channel: "webhook",
    async deliver(notification, stop) {
      const signal = deadline(timeout, stop);
      try {
        const response = await fetchByAddress(url, { ...options, body: `${jsonText(notification)}\n`, signal });
        void response.body?.cancel().catch(() => {}); // closes the connection, however much is still to come
        return resultOf(response, url);
      } catch (error) {
        if (stop.aborted) return { ok: false, retryable: true, problem: STOPPED };
        return { ok: false, retryable: true, problem: redact(fetchFailure(error, timeout).detail, secrets) };
      }
    },
  };
}

/** The URL without user and password, which go into a header, and the parts of it that no message may contain. */
function targetOf(address: string) {
  const url = new URL(address);
  const { username, password, pathname, search } = url;
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": `gateway-route-manager/${VERSION}`,
    connection: "close",
  };
  if (username !== "" || password !== "") {
    const pair = `${decode(username)}:${decode(password)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
    url.username = url.password = "";
  }
  const secrets = [address, url.href, `${pathname}${search}`, pathname, search].filter((text) => text.length > 1);
  return { url: url.href, headers, secrets };
}

/** A part of a URL, decoded; one that is not a valid encoding is taken literally. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Statuses that ask for the same request later (RFC 9110, 6585, 8470), besides those from 500 on. */
const LATER: readonly number[] = [408, 425, 429];

function resultOf({ status, headers }: Response, asked: string): DeliveryResult {
  if (status >= 200 && status <= 299) return { ok: true };
  if (status >= 500 || LATER.includes(status)) {
    const waitMs = readRetryAfter(headers.get("retry-after"));
    return { ok: false, retryable: true, problem: `status ${status}`, ...(waitMs !== undefined && { waitMs }) };
  }
  const isRedirect = status >= 300 && status <= 399;
  const redirect = redirectOf(status, headers.get("location"), asked);
  const problem = isRedirect ? `status ${status}${redirectProblem(redirect)}` : `status ${status}`;
  return { ok: false, retryable: false, problem };
}

/** Of the target only its host is shown: its path may be a secret, as that of the URL is. */
function redirectProblem(redirect: Redirect | undefined): string {
  const remedy = "redirects are not followed; set -webhook-url to the URL it leads to";
  if (redirect?.change === "host")
    return ` to another host, ${redirect.origin}: ${remedy}, if that host is yours to trust`;
  const isElsewhere = redirect?.change === "scheme" || redirect?.change === "port";
  return `${isElsewhere ? ` to ${redirect.origin}` : ""}: ${remedy}`;
}
