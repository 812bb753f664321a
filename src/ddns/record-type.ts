import { type Family, formatAddress, parseAddress, zoneOf } from "../net/address.ts";

/** The types of records that hold addresses. */
export type RecordType = "A" | "AAAA";

/** The type that holds the addresses of a family. */
export const RECORD_TYPES: Readonly<Record<Family, RecordType>> = { 4: "A", 6: "AAAA" };

/** The address in a record, in its one form, so that equal addresses are equal texts; undefined where there is none. */
export function readRecordAddress(text: string, family: Family): string | undefined {
  const address = parseAddress(text, [family]);
  return address === undefined || zoneOf(address) !== undefined ? undefined : formatAddress(address);
}

/** A DNS name as people read it: with the type of the records where those of the other type are updated by themselves. */
export function nameText(hostname: string, family: Family, isOneOfTwo: boolean): string {
  return isOneOfTwo ? `${hostname} (${RECORD_TYPES[family]})` : hostname;
}
