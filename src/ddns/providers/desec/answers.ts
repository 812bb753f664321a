import type { Family } from "../../../net/address.ts";
import { parseJson } from "../../../text/json.ts";
import { readRecordAddress } from "../../record-type.ts";
import { ProviderError, type RecordSet } from "../provider.ts";

/** The domain that holds a name. */
export interface Zone {
  readonly domain: string;
  /** The name inside it; empty for the domain itself. */
  readonly subname: string;
  /** The least time to live that it takes, in seconds. */
  readonly leastTtl: number;
}

/** The domain in the list of those that hold a name, which are one at most; undefined where there is none. */
export function readZone(body: string, hostname: string): Zone | undefined {
  const list = parseJson(body);
  if (!Array.isArray(list)) throw unexpected("a list of domains");
  if (list.length === 0) return undefined;
  const { name, minimum_ttl: leastTtl } = fieldsOf(list[0]);
  const full = hostname.toLowerCase();
  const holds = typeof name === "string" && `.${full}`.endsWith(`.${name}`);
  if (!holds || !isTtl(leastTtl)) throw unexpected("a domain with name and minimum_ttl");
  return { domain: name, subname: full.slice(0, Math.max(0, full.length - name.length - 1)), leastTtl };
}

/** The records of a name and a type. */
export function readRecordSet(body: string, family: Family): RecordSet {
  const { records, ttl } = fieldsOf(parseJson(body));
  if (!Array.isArray(records) || !isTtl(ttl)) throw unexpected("records with a time to live");
  const addresses = records.map((record) => {
    const address = typeof record === "string" ? readRecordAddress(record, family) : undefined;
    if (address === undefined) throw unexpected(`IPv${family} addresses`);
    return address;
  });
  return { addresses: [...new Set(addresses)], ttl };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isTtl(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function unexpected(what: string): ProviderError {
  return new ProviderError("passing", `unexpected answer of deSEC: expected ${what}`);
}
