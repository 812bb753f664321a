import { escapeControls, quote } from "../text/escape.ts";
import { shorten } from "../text/table.ts";

/** What of the URL that was asked a redirect changes; `unknown` where its target is no URL of HTTP. */
export type RedirectChange = "path" | "port" | "scheme" | "host" | "nothing" | "unknown";

/** Where an answer redirects, which is never followed. */
export interface Redirect {
  readonly status: number;
  /**
   * The target for people, as short as it can be beside the URL that was asked: `/login`, or `https://example.com/`. Without
   * user, query and fragment, which may hold secrets and differ each time.
   */
  readonly target: string;
  /** Scheme, host and port of the target; undefined where it is no URL of HTTP. */
  readonly origin: string | undefined;
  readonly change: RedirectChange;
}

/** Those of RFC 9110, section 15.4, with which a client goes to the header Location by itself. */
const STATUSES: readonly number[] = [301, 302, 303, 307, 308];

const LONGEST_TARGET = 80;

/**
 * Reads where an answer redirects; undefined where it does not, as without the header Location.
 *
 * @param location the header Location, as it came
 * @param asked the URL that was asked
 */
export function redirectOf(status: number, location: string | null | undefined, asked: string): Redirect | undefined {
  if (!STATUSES.includes(status) || !location) return undefined;
  const url = URL.canParse(location, asked) ? new URL(location, asked) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { status, target: quote(shorten(location, LONGEST_TARGET)), origin: undefined, change: "unknown" };
  }
  const change = changeOf(new URL(asked), url);
  const place = `${url.pathname}${url.search === "" ? "" : "?..."}`;
  const target = change === "path" || change === "nothing" ? place : `${url.origin}${place}`;
  const [shown, origin] = [target, url.origin].map((text) => escapeControls(shorten(text, LONGEST_TARGET)));
  return { status, target: shown!, origin, change };
}

function changeOf(asked: URL, target: URL): RedirectChange {
  if (target.hostname !== asked.hostname) return "host";
  if (target.protocol !== asked.protocol) return "scheme";
  if (target.port !== asked.port) return "port";
  return target.pathname === asked.pathname && target.search === asked.search ? "nothing" : "path";
}

/** The answer in a few words, such as `status 302 to /login`. */
export function redirectStatus({ status, target }: Redirect): string {
  return `status ${status} to ${target}`;
}

/** The reason of a failure: `status 302 to /login: redirects are not followed`. @param more what else is wrong with the answer */
export function redirectReason(redirect: Redirect, more = ""): string {
  return `${redirectStatus(redirect)}${more}: redirects are not followed`;
}
