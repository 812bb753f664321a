/** What the fake Dynu accepts as a record. */
import { type Family, parseAddress } from "../../src/net/address.ts";
import { contains, hostOf } from "../../src/net/cidr.ts";
import { RESERVED } from "../../src/net/reserved.ts";
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
  ipv6Address: isText,
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
  const { nodeName, recordType, state, ttl = 60, group = "", location = "" } = fields as WrittenFields;
  const own = ADDRESSES[recordType];
  if (!own) throw new Declined(501, "The fake accepts A and AAAA records only.");
  for (const name of ["nodeName", "recordType", "state", own.field]) {
    if (!Object.hasOwn(fields, name)) throw new Declined(501, `Field ${name} is missing.`);
  }
  const content = (fields as WrittenFields)[own.field]!;
  if (nodeName === "") throw new Declined(501, "The apex has no records of its own.");
  if (ttl < 1) throw new Declined(505, "TTL is not valid.");
  if (!isPublic(content, own.family)) throw new Declined(505, `IPv${own.family} address is not valid.`);
  return { nodeName, recordType, ttl, state, content, group, location };
}

type AddressField = "ipv4Address" | "ipv6Address";

type WrittenFields = Omit<Content, "content"> & Partial<Record<AddressField, string>>;

/** Where records of these types have their address. */
const ADDRESSES: Readonly<Record<string, { readonly family: Family; readonly field: AddressField }>> = {
  A: { family: 4, field: "ipv4Address" },
  AAAA: { family: 6, field: "ipv6Address" },
};

function parse(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {}
  throw new Declined(502, "JSON object expected.");
}

function isPublic(text: string, family: Family): boolean {
  const address = parseAddress(text, [family]);
  if (address === undefined) return false;
  return !RESERVED[family].some((cidr) => contains(cidr, hostOf(address)));
}
