import { type Family, FAMILIES, formatAddress, ipv6Address, numberOf, parseAddress } from "../../../net/address.ts";
import { RECORD_TYPES } from "../../record-type.ts";
import { CLASS, type Message, OPERATION, type Question, type ResourceRecord, TYPE } from "../../dns/message.ts";

/** Asks for records of a name. */
export function query(name: string, type: number): Message {
  return { flags: OPERATION.query, question: { name, type, class: CLASS.IN }, answers: [], authorities: [] };
}

/**
 * Replaces all address records of a name and a family in one step, but only where it has the expected addresses and no others (RFC 2136,
 * sections 2.4.2 and 2.4.3).
 *
 * @param ttl seconds
 */
export function replacement(
  zone: string,
  name: string,
  { addresses, ttl }: { readonly addresses: readonly string[]; readonly ttl: number },
  expected: readonly string[],
  family: Family,
): Message {
  const own = { name, type: addressType(family) } satisfies Partial<Question>;
  const nothing = { ...own, ttl: 0, data: Buffer.alloc(0) };
  return {
    flags: OPERATION.update,
    question: { name: zone, type: TYPE.SOA, class: CLASS.IN },
    answers:
      expected.length === 0
        ? [{ ...nothing, class: CLASS.NONE }]
        : expected.map((address) => ({ ...own, class: CLASS.IN, ttl: 0, data: dataOf(address) })),
    authorities: [
      { ...nothing, class: CLASS.ANY },
      ...addresses.map((address) => ({ ...own, class: CLASS.IN, ttl, data: dataOf(address) })),
    ],
  };
}

/** The records of this type that a name has among others. */
export function recordsOf(records: readonly ResourceRecord[], name: string, type: number): ResourceRecord[] {
  return records.filter((one) => one.type === type && one.class === CLASS.IN && isSame(one.name, name));
}

/** The type of the records that hold addresses of a family. */
export function addressType(family: Family): number {
  return TYPE[RECORD_TYPES[family]];
}

/** Bytes of an address. */
const LENGTHS: Readonly<Record<Family, number>> = { 4: 4, 6: 16 };

/** The address in the data of a record; undefined where it holds none of the family. */
export function addressIn({ data }: Pick<ResourceRecord, "data">, family: Family): string | undefined {
  if (data.length !== LENGTHS[family]) return undefined;
  return family === 4 ? data.join(".") : formatAddress(ipv6Address(BigInt(`0x${data.toString("hex")}`)));
}

/** The data of a record with this address. */
export function dataOf(text: string): Buffer {
  const address = parseAddress(text, FAMILIES)!;
  const digits = numberOf(address).toString(16);
  return Buffer.from(digits.padStart(2 * LENGTHS[address.family], "0"), "hex");
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
