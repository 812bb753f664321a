import type { Family } from "../../net/address.ts";
import { parseJson } from "../../text/json.ts";
import { readRecordAddress } from "../record-type.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of a JSON object; none where a value is none. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** The fields of the JSON object that a text is; none where it is none. */
export function fieldsIn(text: string): Fields {
  return fieldsOf(parseJson(text));
}

/** The JSON objects in a list; undefined where a value is no list. */
export function objectsIn(value: unknown): Fields[] | undefined {
  return Array.isArray(value) ? value.map(fieldsOf) : undefined;
}

/** A time to live in seconds; undefined where a value is none. */
export function readTtl(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** The address that a value of a record is; undefined where it is none of the family. */
export function readAddress(value: unknown, family: Family): string | undefined {
  return typeof value === "string" ? readRecordAddress(value, family) : undefined;
}
