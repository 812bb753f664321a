import { ProviderError } from "../provider.ts";
import type { CloudflareAnswer } from "./answers.ts";

export type CloudflareFailure = Extract<CloudflareAnswer, { ok: false }>;

/** Cloudflare's numbers of errors, each with a report of its meaning; none of them is documented. */
const CODES = {
  /** A record with the same content is there (timothymiller/cloudflare-ddns#50, jeessy2/ddns-go#1378). */
  identical: [81057, 81058],
  /** The name is an alias, or has such records as forbid an address (favonia/cloudflare-ddns#990, external-dns#5898). */
  alias: [81053, 81054],
  /** zanjie1999/cloudflare-api-v4-ddns#5. */
  missing: [81044],
  /** js-org/js.org#2873. */
  quota: [81045],
  /**
   * A token of a wrong form (favonia/cloudflare-ddns#1053), one that is unknown or may not read the zones (9109), one that
   * lacks a permission (terraform-provider-cloudflare#913), and a wrong id of the zone (timothymiller/cloudflare-ddns#152).
   */
  access: [6003, 9109, 10000, 7003],
  /** Of these the ones that a token of a wrong form gets, or an unknown one. */
  token: [6003, 9109],
  /** And one that names a zone which is not there, or not for the token. */
  zone: [7003],
} as const;

/** What each kind of request takes. */
const PERMISSIONS = { zone: "Zone Read", read: "DNS Read or DNS Edit", write: "DNS Edit" } as const;

export type CodeGroup = keyof typeof CODES;

export function isOf(group: CodeGroup, { codes }: CloudflareFailure): boolean {
  return codes.some((code) => (CODES[group] as readonly number[]).includes(code));
}

/** Whether the record that a request named is not there. */
export function isMissing(failure: CloudflareFailure): boolean {
  return isOf("missing", failure) || (failure.status === 404 && failure.codes.length > 0 && !isOf("access", failure));
}

/** A failed request. A declined read needs a person, a declined write leaves other writes to try. */
export function requestError(
  access: keyof typeof PERMISSIONS,
  what: string,
  failure: CloudflareFailure,
): ProviderError {
  const { status, codes, detail, retryAfter } = failure;
  const text = `${what}: ${detail}`;
  const passing = new ProviderError("passing", text, { retryAfter });
  if (codes.length === 0 || status === 429 || status >= 500) return passing;
  if (isOf("alias", failure)) {
    return new ProviderError("access", text, { remedy: "remove the alias (CNAME) at the name, or use another name" });
  }
  if (isOf("access", failure) || status === 401 || status === 403) {
    return new ProviderError("access", text, { remedy: accessRemedy(access, failure), retryAfter });
  }
  if (access !== "write") return new ProviderError("access", text, { remedy: "check -ddns-zone and -ddns-password" });
  if (isMissing(failure)) return new ProviderError("passing", text, { gone: true, retryAfter });
  return new ProviderError(isOf("quota", failure) ? "quota" : "refused", text, { retryAfter });
}

function accessRemedy(access: keyof typeof PERMISSIONS, failure: CloudflareFailure): string {
  if (isOf("token", failure)) {
    return "check -ddns-password: a token with the permissions Zone Read and DNS Edit for the zone";
  }
  if (isOf("zone", failure)) return "check -ddns-zone, and that the token of -ddns-password is for that zone";
  return `give the token of -ddns-password the permission ${PERMISSIONS[access]} for the zone`;
}
