import { createHash, timingSafeEqual } from "node:crypto";

import type { Handler } from "./handler.ts";
import { DELAY_MS, PasswordThrottle } from "./password-throttle.ts";
import { textResponse } from "./responses.ts";

export interface PasswordRules {
  /** Shared by all that the password protects. */
  readonly throttle: PasswordThrottle;
  /** Called with the address of a client that has sent a wrong password. */
  readonly onWrong?: (from: string | undefined) => void;
}

/**
 * Requires a password: by basic authentication with any user name (RFC 7617), or as a bearer token (RFC 6750).
 *
 * @param password undefined requires none
 */
export function requirePassword(
  password: string | undefined,
  handler: Handler,
  { throttle, onWrong }: PasswordRules = { throttle: new PasswordThrottle() },
): Handler {
  if (password === undefined) return handler;
  const expected = digest(password);
  return async (request) => {
    const { headers, from } = request;
    const given = passwordIn(headers.get("authorization") ?? "");
    if (given === undefined) return denied("a password is required");
    if (!(await throttle.admit(from ?? ""))) return tooMany();
    if (timingSafeEqual(digest(given), expected)) {
      throttle.right(from ?? "");
      return handler(request);
    }
    throttle.wrong(from ?? "");
    onWrong?.(from);
    return denied("wrong password");
  };
}

function denied(why: string): Response {
  return textResponse(401, `${why}; send it by basic authentication with any user name, or as a bearer token`, {
    "www-authenticate": 'Basic realm="gateway-route-manager", charset="UTF-8"',
  });
}

function tooMany(): Response {
  const why = "too many wrong passwords come from your address; try again in a moment";
  return textResponse(429, why, { "retry-after": String(DELAY_MS / 1000) });
}

/** Digests have one length, so that comparing two takes the same time for every password. */
function digest(password: string): Buffer {
  return createHash("sha256").update(password).digest();
}

/** The password in an Authorization header; undefined when it has none. */
function passwordIn(header: string): string | undefined {
  const [, scheme, credentials] = /^(basic|bearer) +(\S.*)$/i.exec(header) ?? [];
  if (credentials === undefined) return undefined;
  // Each byte of a header is one character.
  if (scheme!.toLowerCase() === "bearer") return Buffer.from(credentials, "latin1").toString();
  const pair = Buffer.from(credentials, "base64").toString();
  return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
}
