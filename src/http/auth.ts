import { createHash, timingSafeEqual } from "node:crypto";

import type { Page } from "./api.ts";
import { refusal } from "./responses.ts";

/**
 * Puts a password before a page: by basic authentication with any user name (RFC 7617), or as a bearer token (RFC 6750).
 *
 * @param password undefined leaves the page open
 */
export function behindPassword(password: string | undefined, page: Page): Page {
  if (password === undefined) return page;
  const right = digest(password);
  return (request) => {
    const given = passwordIn(request.headers.get("authorization") ?? "");
    if (given !== undefined && timingSafeEqual(digest(given), right)) return page(request);
    const why = given === undefined ? "a password is required" : "this password is wrong";
    return refusal(401, `${why}; send it by basic authentication with any user name, or as a bearer token`, {
      "www-authenticate": 'Basic realm="gateway-route-manager", charset="UTF-8"',
    });
  };
}

/** Passwords of any length in one length, so that comparing them takes one time. */
function digest(password: string): Buffer {
  return createHash("sha256").update(password).digest();
}

/** The password in an Authorization header, undefined when there is none. */
function passwordIn(header: string): string | undefined {
  const [, scheme, credentials] = /^(basic|bearer) +(\S.*)$/i.exec(header) ?? [];
  if (credentials === undefined) return undefined;
  // Bun gives the bytes of a header as one character each.
  if (scheme!.toLowerCase() === "bearer") return Buffer.from(credentials, "latin1").toString();
  const pair = Buffer.from(credentials, "base64").toString();
  return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
}
