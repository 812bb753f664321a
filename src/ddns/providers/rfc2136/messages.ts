import { CLASS, type Message, OPERATION, type Question, type ResourceRecord, TYPE } from "../../dns/message.ts";

/** Asks for records of a name. */
export function query(name: string, type: number): Message {
  return { flags: OPERATION.query, question: { name, type, class: CLASS.IN }, answers: [], authorities: [] };
}

/**
 * Replaces all A records of a name in one step, but only where it has the expected addresses and no others (RFC 2136,
 * sections 2.4.2 and 2.4.3).
 *
 * @param ttl seconds
 */
export function replacement(
  zone: string,
  name: string,
  { addresses, ttl }: { readonly addresses: readonly string[]; readonly ttl: number },
  expected: readonly string[],
): Message {
  const own = { name, type: TYPE.A } satisfies Partial<Question>;
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

/** The address in the data of an A record; undefined where it holds none. */
export function addressIn({ data }: ResourceRecord): string | undefined {
  return data.length === 4 ? data.join(".") : undefined;
}

function dataOf(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
