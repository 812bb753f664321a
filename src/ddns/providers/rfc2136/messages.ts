import type { Family } from "../../../net/address.ts";
import { addressType, dataOf } from "../../dns/address-data.ts";
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

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
