import { createHash, timingSafeEqual } from "node:crypto";

import type { Handler } from "./handler.ts";
import { errorResponse } from "./responses.ts";

/**
 * Requires a password: by basic authentication with any user name (RFC 7617), or as a bearer token (RFC 6750).
 *
 * @param password undefined requires none
 */
export function requirePassword(password: string | undefined, handler: Handler): Handler {
  if (password === undefined) return handler;
  const expected = digest(password);
  return (request) => {
    const given = passwordIn(request.headers.get("authorization") ?? "");
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return handler(request);
    const why = given === undefined ? "a password is required" : "wrong password";
    return errorResponse(401, `${why}; send it by basic authentication with any user name, or as a bearer token`, {
      "www-authenticate": 'Basic realm="gateway-route-manager", charset="UTF-8"',
    });
  };
}

/** Digests have one length, so that comparing two takes the same time for every password. */
function digest(password: string): Buffer {
  return createHash("sha256").update(password).digest();
}

/** The password in an Authorization header; undefined when it has none. */
function passwordIn(header: string): string | undefined {
  const [, scheme, credentials] = /^(basic|bearer) +(\S.*)$/i.exec(header) ?? [];
  if (credentials === undefined) return undefined;
  // Bun gives the bytes of a header as one character each.
  if (scheme!.toLowerCase() === "bearer") return Buffer.from(credentials, "latin1").toString();
  const pair = Buffer.from(credentials, "base64").toString();
  return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
}
