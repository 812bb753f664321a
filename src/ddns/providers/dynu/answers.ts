import type { Family } from "../../../net/address.ts";
import { parseJson } from "../../../text/json.ts";
import { excerpt } from "../../../text/redact.ts";
import { readRecordAddress, RECORD_TYPES } from "../../record-type.ts";
import { type DnsRecord, ProviderError, type ProviderErrorKind, type RecordContent } from "../provider.ts";

type FailureKind = ProviderErrorKind | "missing";

/** A request that failed. `missing` means that the object is not there. */
export interface DynuFailure {
  readonly ok: false;
  readonly kind: FailureKind;
  readonly detail: string;
  /** Whether the failure is Dynu's own, and not that of a proxy in between. */
  readonly byDynu: boolean;
  /** The header Retry-After of the answer, as it came. */
  readonly retryAfter?: string | undefined;
}

/** What came back: the fields of Dynu's JSON, or what went wrong. */
export type DynuAnswer = { readonly ok: true; readonly fields: Fields } | DynuFailure;

export type Fields = Readonly<Record<string, unknown>>;

/** Types of Dynu's errors. */
const TYPES: readonly (readonly [RegExp, FailureKind])[] = [
  [/quota/i, "quota"],
  [/auth/i, "access"],
  [/membership|argument|parse|validation/i, "refused"],
  [/server/i, "passing"],
  [/request|not.?found/i, "missing"],
];

/** Its status codes where they differ from those of HTTP. */
const CODES: Readonly<Record<number, FailureKind>> = {
  403: "access",
  501: "refused",
  502: "refused",
  503: "quota",
  504: "refused",
  505: "refused",
};

/**
 * Reads an answer of Dynu's API. Its HTTP status and the `statusCode` in its body may differ, and an error comes flat or
 * inside `exception`; its `type` says most, then that code, then the HTTP status.
 *
 * @param secrets what must not show in a message, should it be echoed
 */
export function readDynuAnswer(status: number, body: string, secrets: readonly string[] = []): DynuAnswer {
  const json = parseJson(body);
  const fields = isObject(json) ? json : undefined;
  const error = fields && (isObject(fields["exception"]) ? fields["exception"] : fields);
  const code = numberOf(error?.["statusCode"]) ?? numberOf(fields?.["statusCode"]);
  const goodStatus = status >= 200 && status <= 299;
  const goodCode = code === undefined || (code >= 200 && code <= 299);
  const isException = error !== fields || /exception/i.test(textOf(error?.["type"]));
  if (fields && goodStatus && goodCode && !isException) return { ok: true, fields };
  if (error && (error["type"] !== undefined || !goodCode)) return readFailure(error, code, status, secrets);
  const detail = goodStatus ? `expected Dynu's JSON (got ${excerpt(body, secrets)})` : `HTTP status ${status}`;
  return { ok: false, kind: goodStatus ? "passing" : kindOfStatus(status), detail, byDynu: false };
}

function readFailure(error: Fields, code: number | undefined, status: number, secrets: readonly string[]): DynuFailure {
  const type = textOf(error["type"]);
  const message = textOf(error["message"]);
  const byType = TYPES.find(([pattern]) => pattern.test(type))?.[1];
  const kind = byType ?? CODES[code ?? 0] ?? kindOfStatus(code ?? status);
  const words = [type, message].filter((text) => text !== "").map((text) => excerpt(text, secrets));
  return { ok: false, kind, detail: [code ?? `HTTP status ${status}`, ...words].join(" "), byDynu: true };
}

/** What an HTTP status means without an error of Dynu: it may be a proxy's. */
function kindOfStatus(status: number): FailureKind {
  if (status === 404) return "missing";
  return status === 401 ? "access" : "passing";
}

/** The domains in the answer to a list of them; what is no domain is left out. */
export function readDomains({ domains }: Fields): { readonly id: string; readonly name: string }[] {
  return (Array.isArray(domains) ? domains : []).filter(isObject).flatMap(({ id, name }) => {
    const number = readId(id);
    return number === undefined || typeof name !== "string" ? [] : { id: number, name: name.replace(/\.$/, "") };
  });
}

/**
 * The records at exactly this name, of the type for a family, out of the answer to a list of the whole domain.
 *
 * @throws ProviderError (passing) when it is no list, or such a record is invalid
 */
export function readDynuRecords(
  fields: Fields,
  hostname: string,
  secrets: readonly string[] = [],
  family: Family = 4,
): DnsRecord[] {
  const list = fields["dnsRecords"];
  if (!Array.isArray(list)) throw new ProviderError("passing", "unexpected answer of Dynu: expected a list of records");
  return list
    .filter(isObject)
    .filter(({ recordType, hostname: name }) => recordType === RECORD_TYPES[family] && sameName(name, hostname))
    .map((record) => readRecord(record, secrets, family));
}

/** Where Dynu keeps the address in a record. */
export const ADDRESS_FIELD: Readonly<Record<Family, string>> = { 4: "ipv4Address", 6: "ipv6Address" };

/** A record without any address resolves to nothing: it can be changed to a desired one. */
function readRecord(fields: Fields, secrets: readonly string[], family: Family): DnsRecord {
  const { id, content, ttl, state } = fields;
  const given = fields[ADDRESS_FIELD[family]] ?? content ?? "";
  const address = given === "" ? "" : typeof given === "string" ? readRecordAddress(given, family) : undefined;
  const number = readId(id);
  if (number === undefined || address === undefined) {
    const shown = typeof given === "string" ? excerpt(given, secrets) : typeof given;
    throw new ProviderError("passing", `Dynu lists a record with an invalid id or address (address: ${shown})`);
  }
  return { id: number, address, ttl: numberOf(ttl), enabled: address !== "" && state !== false };
}

/**
 * The record in the answer to an addition: the new one, or one with the same address that was there already.
 *
 * @throws ProviderError (passing) when it has no id
 */
export function readAdded({ id, ttl, state }: Fields, content: RecordContent): DnsRecord {
  const number = readId(id);
  if (number === undefined) throw new ProviderError("passing", "unexpected answer of Dynu: no id of the record");
  return { id: number, address: content.address, ttl: numberOf(ttl) ?? content.ttl, enabled: state !== false };
}

/** The id of a domain or a record: a whole number, or the same as a text. */
export function readId(id: unknown): string | undefined {
  const text = typeof id === "string" || Number.isSafeInteger(id) ? String(id) : "";
  return /^\d{1,20}$/.test(text) ? text : undefined;
}

function sameName(name: unknown, hostname: string): boolean {
  return typeof name === "string" && name.replace(/\.$/, "").toLowerCase() === hostname.toLowerCase();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
