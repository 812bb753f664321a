import type { Family } from "../../../net/address.ts";
import { parseJson } from "../../../text/json.ts";
import { excerpt } from "../../../text/redact.ts";
import { unexpected } from "../declined.ts";
import { type Fields, isObject, readAddress } from "../fields.ts";
import type { ApiAnswer } from "../http-api.ts";
import { RECORD_TYPES } from "../../record-type.ts";
import type { DnsRecord } from "../provider.ts";

/** What came back: the result and the number of its pages, or the errors. */
export type CloudflareAnswer =
  | { readonly ok: true; readonly result: unknown; readonly pages: number }
  | {
      readonly ok: false;
      readonly status: number;
      /** Cloudflare's own numbers of errors; none where something else answered. */
      readonly codes: readonly number[];
      readonly detail: string;
      readonly retryAfter: string | undefined;
    };

/** Reads an answer of Cloudflare's API. @param secrets what must not show in a message, should it be echoed */
export function readCloudflare({ status, body, retryAfter }: ApiAnswer, secrets: readonly string[]): CloudflareAnswer {
  const json = parseJson(body);
  const fields = isObject(json) && typeof json["success"] === "boolean" ? json : undefined;
  if (fields?.["success"] === true && status >= 200 && status <= 299) {
    const info = fields["result_info"];
    const pages = isObject(info) && Number.isSafeInteger(info["total_pages"]) ? Number(info["total_pages"]) : 1;
    return { ok: true, result: fields["result"], pages };
  }
  const errors = errorsIn(fields);
  const words = errors.map(({ code, message }) => `${code} ${excerpt(message, secrets)}`);
  const shown = status >= 200 && status <= 299 ? `expected Cloudflare's JSON (got ${excerpt(body, secrets)})` : "";
  const detail = words.join(", ") || shown || `HTTP status ${status}`;
  return { ok: false, status, codes: errors.map(({ code }) => code), detail, retryAfter };
}

/** The errors of an answer, with what they are made of. */
function errorsIn(fields: Fields | undefined): { readonly code: number; readonly message: string }[] {
  const listed = Array.isArray(fields?.["errors"]) ? fields["errors"].filter(isObject) : [];
  const chained = listed.flatMap((error) => (Array.isArray(error["error_chain"]) ? error["error_chain"] : []));
  return [...listed, ...chained.filter(isObject)].flatMap(({ code, message }) =>
    typeof code === "number" ? { code, message: typeof message === "string" ? message : "" } : [],
  );
}

/** A record with what else Cloudflare keeps. A proxied one has no time to live of its own. */
export interface CloudflareRecord extends DnsRecord {
  /** Says whose it is. */
  readonly comment: string;
  /** Whether name servers answer with addresses of Cloudflare in its place. */
  readonly isProxied: boolean;
}

/**
 * The records of a name in a list, of the type for a family.
 *
 * @throws ProviderError (passing) when it is no list, or such a record is invalid
 */
export function readRecords(result: unknown, hostname: string, family: Family): CloudflareRecord[] {
  if (!Array.isArray(result)) throw unexpected("Cloudflare", "a list of records");
  return result
    .filter(isObject)
    .filter(({ type, name }) => type === RECORD_TYPES[family] && String(name).toLowerCase() === hostname.toLowerCase())
    .map((record) => readRecord(record, family));
}

/** A record in an answer. @throws ProviderError (passing) when it is none */
export function readRecord(record: unknown, family: Family): CloudflareRecord {
  const { id, content, ttl, comment, proxied } = isObject(record) ? record : {};
  const address = readAddress(content, family);
  if (!isId(id) || address === undefined) throw unexpected("Cloudflare", "a record with id and address");
  return {
    id,
    address,
    ttl: typeof ttl === "number" && proxied !== true ? ttl : undefined,
    enabled: true,
    comment: typeof comment === "string" ? comment : "",
    isProxied: proxied === true,
  };
}

/** The ids of the zones with this name. */
export function readZones(result: unknown, name: string): string[] {
  const zones = Array.isArray(result) ? result.filter(isObject) : [];
  return zones.flatMap((zone) => (zone["name"] === name && isId(zone["id"]) ? zone["id"] : []));
}

/** Ids become parts of paths. */
function isId(id: unknown): id is string {
  return typeof id === "string" && /^[\w-]{1,64}$/.test(id);
}
