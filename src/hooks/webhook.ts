import { VERSION } from "../build.ts";
import { withoutSecrets } from "../text/redact.ts";
import { fetchFailure } from "../fetch/failure.ts";
import type { Carrier, Delivery } from "./delivery.ts";

/**
 * Sends notifications by POST, as JSON. No redirect is followed, since that would take what the URL holds elsewhere; a
 * proxy of the environment is used, as for the DNS provider. Of an answer only the status counts.
 *
 * @param timeout milliseconds that one request may take
 */
export function webhookCarrier(address: string, timeout: number): Carrier {
  const { url, headers, secrets } = targetOf(address);
  // `decompress` is Bun's own: a body that nobody reads needs no unpacking.
  const options = { method: "POST", headers, redirect: "manual", keepalive: false, decompress: false } as const;
  return {
    way: "webhook",
    async deliver(notification, stop) {
      const limit = AbortSignal.timeout(Math.max(1, Math.ceil(timeout)));
      const signal = AbortSignal.any([stop, limit]);
      try {
        const response = await fetch(url, {
          ...options,
          body: `${JSON.stringify(notification)}\n`,
          signal,
        } as RequestInit);
        void response.body?.cancel().catch(() => {}); // closes the connection, however much was still to come
        return judgeAnswer(response);
      } catch (error) {
        if (stop.aborted) return { ok: false, passing: true, problem: "cut off, since the service stops" };
        return { ok: false, passing: true, problem: withoutSecrets(fetchFailure(error, timeout).detail, secrets) };
      }
    },
  };
}

/** The URL without user and password, which go into a header, and everything in it that must not show in a message. */
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

/** A part of a URL as it was meant; one that is no valid encoding was meant as it stands. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Statuses that ask for the same request later (RFC 9110, 6585, 8470), beside those of 500 and more. */
const LATER: readonly number[] = [408, 425, 429];

function judgeAnswer({ status, headers }: Response): Delivery {
  if (status >= 200 && status <= 299) return { ok: true };
  if (status >= 500 || LATER.includes(status)) {
    const waitMs = retryAfter(headers.get("retry-after"));
    return { ok: false, passing: true, problem: `status ${status}`, ...(waitMs !== undefined && { waitMs }) };
  }
  const more = status >= 300 && status <= 399 ? ": redirects are not followed, name the place it leads to" : "";
  return { ok: false, passing: false, problem: `status ${status}${more}` };
}

/** Milliseconds of a Retry-After header: seconds, or a date (RFC 9110). */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = text.endsWith("GMT") ? Date.parse(text) : Number.NaN; // which makes a date of nearly anything
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
