import type { Family } from "../../../net/address.ts";
import { parseJson } from "../../../text/json.ts";
import { RECORD_TYPES } from "../../record-type.ts";
import { unexpected } from "../declined.ts";
import { type Fields, fieldsIn, objectsIn, readAddress, readTtl } from "../fields.ts";
import type { RecordSet } from "../provider.ts";

/** A zone that the server has. */
export interface Zone {
  /** What paths of the API call it. */
  readonly id: string;
  /** Whether the server has it from another one, which is the place to change it. */
  readonly isCopy: boolean;
}

/** What a name has: its addresses of a family, or an alias in place of any. */
export interface NameRecords extends RecordSet {
  readonly isAlias: boolean;
}

/** The kinds of zones that come from another server, by the old word and the new one, and the kind that a catalogue makes. */
const COPIES: readonly unknown[] = ["Slave", "Secondary", "Consumer"];

/** The zone with exactly this name in a list of zones. @param name ends with a dot */
export function readZone(body: string, name: string): Zone | undefined {
  const zones = objectsIn(parseJson(body));
  if (!zones) throw unexpected("PowerDNS", "a list of zones");
  const zone = zones.find((one) => isSame(one["name"], name));
  if (!zone) return undefined;
  const { id, kind } = zone;
  // A character such as / stands in an id as = and its number (docs/http-api/zone.rst).
  if (typeof id !== "string" || !/^[\w.=-]*\w[\w.=-]*$/.test(id)) throw unexpected("PowerDNS", "a zone with its id");
  return { id, isCopy: COPIES.includes(kind) };
}

/**
 * The records of a name in its zone. Versions before 4.6.1 answer with the records of all names, whatever is asked for
 * (PowerDNS/pdns#11389).
 *
 * @param name ends with a dot
 */
export function readName(body: string, name: string, family: Family): NameRecords {
  const rrsets = objectsIn(fieldsIn(body)["rrsets"]);
  if (!rrsets) throw unexpected("PowerDNS", "a zone with rrsets");
  const own = rrsets.filter((one) => isSame(one["name"], name));
  const isAlias = own.some(({ type }) => type === "CNAME");
  const addresses = own.find(({ type }) => type === RECORD_TYPES[family]);
  return { isAlias, ...(addresses ? readSet(addresses, family) : { addresses: [], ttl: undefined }) };
}

function readSet(rrset: Fields, family: Family): RecordSet {
  const [ttl, records] = [readTtl(rrset["ttl"]), objectsIn(rrset["records"])];
  if (ttl === undefined || !records) throw unexpected("PowerDNS", "records with a time to live");
  const enabled = records.filter(({ disabled }) => disabled !== true);
  const addresses = enabled.map(({ content }) => readAddress(content, family));
  if (addresses.includes(undefined)) throw unexpected("PowerDNS", `IPv${family} addresses`);
  return { addresses: [...new Set(addresses as string[])], ttl };
}

function isSame(value: unknown, name: string): boolean {
  return typeof value === "string" && value.toLowerCase() === name;
}
