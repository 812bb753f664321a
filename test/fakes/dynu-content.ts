/** What the fake Dynu accepts as a record. */
import { contains, hostOf } from "../../src/net/cidr.ts";
import { parseAddress } from "../../src/net/address.ts";
import { RESERVED_CIDRS } from "../../src/net/reserved.ts";
import { Declined, MOST } from "./dynu-answers.ts";
import type { ApiRequest } from "./dynu-api.ts";
import type { Content } from "./dynu-zone.ts";

/** What each field of a record in a request has to be. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  nodeName: isText,
  recordType: isText,
  ttl: (value) => Number.isInteger(value) && (value as number) <= MOST,
  state: (value) => typeof value === "boolean",
  ipv4Address: isText,
  group: isText,
  location: isText,
};

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** Reads the record in a request. What may be left out and is, falls back to its default, in a change as well. */
export function readContent({ headers, body }: ApiRequest): Content {
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? "")) throw new Declined(502, "JSON expected.");
  const fields = parse(body);
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(FIELDS, name)) throw new Declined(501, `Field ${name} is not known.`);
    if (!FIELDS[name]!(value)) throw new Declined(502, `Field ${name} is not valid.`);
  }
  for (const name of ["nodeName", "recordType", "state", "ipv4Address"]) {
    if (!Object.hasOwn(fields, name)) throw new Declined(501, `Field ${name} is missing.`);
  }
  const { nodeName, recordType, state, ipv4Address, ttl = 60, group = "", location = "" } = fields as WrittenFields;
  if (recordType !== "A") throw new Declined(501, "The fake accepts A records only.");
  if (nodeName === "") throw new Declined(501, "The apex has no records of its own.");
  if (ttl < 1) throw new Declined(505, "TTL is not valid.");
  if (!isPublic(ipv4Address)) throw new Declined(505, "IPv4 address is not valid.");
  return { nodeName, recordType, ttl, state, content: ipv4Address, group, location };
}

type WrittenFields = Omit<Content, "content"> & { ipv4Address: string };

function parse(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {}
  throw new Declined(502, "JSON object expected.");
}

function isPublic(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return !RESERVED_CIDRS.some((cidr) => contains(cidr, hostOf(address)));
}
