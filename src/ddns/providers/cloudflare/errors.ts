import { ProviderError } from "../provider.ts";
import type { CloudflareAnswer } from "./answers.ts";

export type CloudflareFailure = Extract<CloudflareAnswer, { ok: false }>;

/** Cloudflare's numbers of errors, as other clients have met them. */
const CODES = {
  /** A record with the same content is there. */
  identical: [81057, 81058],
  /** The name is an alias, or has such records as forbid an address. */
  alias: [81053, 81054],
  missing: [81044],
  quota: [81045],
  /** A wrong token, one that lacks a permission, or a wrong id of the zone. */
  access: [1001, 6003, 7003, 9106, 9109, 10000],
} as const;

export type CodeGroup = keyof typeof CODES;

export function isOf(group: CodeGroup, { codes }: CloudflareFailure): boolean {
  return codes.some((code) => (CODES[group] as readonly number[]).includes(code));
}

/** Whether the record that a request named is not there. */
export function isMissing(failure: CloudflareFailure): boolean {
  return isOf("missing", failure) || (failure.status === 404 && failure.codes.length > 0 && !isOf("access", failure));
}

/** A failed request. A declined read needs a person, a declined write leaves other writes to try. */
export function requestError(access: "read" | "write", what: string, failure: CloudflareFailure): ProviderError {
  const { status, codes, detail, retryAfter } = failure;
  const text = `${what}: ${detail}`;
  const passing = new ProviderError("passing", text, { retryAfter });
  if (codes.length === 0 || status === 429 || status >= 500) return passing;
  if (isOf("alias", failure)) {
    return new ProviderError("access", text, { remedy: "remove the alias (CNAME) at the name, or use another name" });
  }
  if (isOf("access", failure) || status === 401 || status === 403) {
    const remedy = "give the token of -ddns-password the permissions Zone Read and DNS Edit for the zone";
    return new ProviderError("access", text, { remedy, retryAfter });
  }
  if (isMissing(failure)) return new ProviderError("passing", text, { gone: access === "write", retryAfter });
  if (access === "read") return new ProviderError("access", text, { remedy: "check -ddns-zone and -ddns-password" });
  return new ProviderError(isOf("quota", failure) ? "quota" : "refused", text, { retryAfter });
}
