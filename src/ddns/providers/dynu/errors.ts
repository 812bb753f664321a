import { ProviderError } from "../provider.ts";
import type { DynuFailure } from "./answers.ts";

/** A failed request. A declined read needs a person, a declined write leaves other writes to try. */
export function requestError(access: "read" | "write", what: string, failure: DynuFailure): ProviderError {
  const { kind, detail, byDynu, retryAfter } = failure;
  const text = `${what}: ${detail}`;
  const gone = kind === "missing" && byDynu;
  if (kind === "passing" || kind === "missing") return new ProviderError("passing", text, { gone, retryAfter });
  const remedy = kind === "access" ? "check -ddns-password and -ddns-api-url" : "check the account at Dynu";
  if (kind === "access" || access === "read") return new ProviderError("access", text, { remedy, retryAfter });
  return new ProviderError(kind, text, { retryAfter });
}
