import type { HttpAnswer } from "../../fetch/node-http.ts";
import { redirectOf, redirectReason } from "../../fetch/redirect.ts";
import type { ThroughProbe } from "../probe.ts";
import { type Outcome, throughProbe } from "./attempt.ts";
import { bodyContains } from "./body-contains.ts";
import { createGetThrough } from "./get.ts";

/** A URL to ask for. `timeout` is in milliseconds and spans everything, the look-up of the host name too. */
export interface UrlTarget {
  readonly kind: "url";
  /** With the scheme http or https; the host is a name or an address. */
  readonly url: string;
  readonly timeout: number;
  /** The statuses that are a success; by default 200 to 399. */
  readonly statuses?: readonly number[];
  /** What has to stand in the first 64 KiB of the body. */
  readonly text?: string;
}

const LIMIT = 65_536;
const HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "gateway-route-manager" };

/** A probe that sends one GET and judges the status, and the body where a text is expected. */
export function urlProbe({ url: href, timeout, statuses, text }: UrlTarget): ThroughProbe {
  const get = createGetThrough(new URL(href), HEADERS);
  const judge = async ({ status, location, body }: HttpAnswer): Promise<Outcome> => {
    const detail = `status ${status}`;
    const redirect = redirectOf(status, location, href);
    const why = (more = ""): string =>
      redirect ? `${redirectReason(redirect, more)}; give the URL of its target` : `${detail}${more}`;
    const expected = statuses ? statuses.includes(status) : status >= 200 && status <= 399;
    if (!expected) return { kind: "failure", code: "status", detail: why(), status };
    if (text === undefined || (await bodyContains(body, text, LIMIT))) return { kind: "success", detail, status };
    return { kind: "failure", code: "content", detail: why(" without the expected text"), status };
  };
  return throughProbe(timeout, (path, signal) => get(path.family ?? 4, () => path, signal, judge));
}
