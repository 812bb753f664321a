import { parseJson } from "../../../text/json.ts";
import { excerpt } from "../../../text/redact.ts";
import type { ApiAnswer } from "../json-api.ts";
import { ProviderError } from "../provider.ts";

/**
 * A request that deSEC declined. Only an answer in its JSON is one of deSEC: that of a proxy in between may be another one
 * later.
 */
export function requestError(
  access: "read" | "write",
  what: string,
  { status, body, retryAfter }: ApiAnswer,
  secrets: readonly string[],
): ProviderError {
  const isOwn = typeof parseJson(body) === "object";
  const text = `${what} at deSEC: HTTP status ${status}${isOwn ? ` ${excerpt(body, secrets)}` : ""}`;
  switch (isOwn ? status : undefined) {
    case 400:
      return new ProviderError(access === "write" ? "refused" : "access", text, { retryAfter });
    case 401:
      return new ProviderError("access", text, { remedy: "check -ddns-password: the token is not valid", retryAfter });
    case 403:
    case 404:
      return new ProviderError("access", text, {
        remedy: "check the policies of the token, which must be allowed to write the records of the name",
        retryAfter,
      });
    default: // also 429, which says when the next request is allowed
      return new ProviderError("passing", text, { retryAfter });
  }
}
