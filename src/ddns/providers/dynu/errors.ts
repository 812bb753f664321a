import { ProviderError } from "../provider.ts";
import type { DynuFailure } from "./answers.ts";

/** A failed request. A declined read needs a person, a declined write leaves other writes to try. */
export function requestError(
  access: "read" | "write",
  what: string,
  { kind, detail, byDynu }: DynuFailure,
): ProviderError {
  const text = `${what}: ${detail}`;
  const gone = kind === "missing" && byDynu;
  if (kind === "passing" || kind === "missing") return new ProviderError("passing", text, { gone });
  if (kind === "access") return new ProviderError(kind, text, { remedy: "check -ddns-password and -ddns-api-url" });
  if (access === "write") return new ProviderError(kind, text);
  return new ProviderError("access", text, { remedy: "check the account at Dynu" });
}
