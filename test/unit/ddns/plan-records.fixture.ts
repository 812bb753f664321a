/** Any listed records and any desired ones, and what a plan makes of them. */
import { expect } from "bun:test";

import fc from "fast-check";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { type DesiredRecords, planRecords, type RecordChange } from "../../../src/ddns/plan-records.ts";

export const TTL = 60;

/** Desired records that show in a counterexample which addresses they retain. */
interface OpenDesired extends DesiredRecords {
  readonly retained: readonly string[];
}

export const desiredFor = (
  addresses: readonly string[],
  mayBeEmpty = false,
  retained: readonly string[] = [],
): OpenDesired => ({
  addresses,
  mayBeEmpty,
  retained,
  unknown: retained.length > 0 ? ["some gateway"] : [],
  claimOn: (address) => (retained.includes(address) ? "possible" : "none"),
});

const anyAddress = fc.constantFrom("1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4", "1.0.0.5", "1.0.0.6");
const anyRecord = fc.record({ address: anyAddress, ttl: fc.constantFrom(TTL, TTL, 120, 0), enabled: fc.boolean() });
const anyListed = fc
  .array(anyRecord, { maxLength: 7 })
  .map((records): readonly DnsRecord[] => records.map((record, index) => ({ id: String(index + 1), ...record })));
const anyDesired = fc
  .tuple(fc.uniqueArray(anyAddress, { maxLength: 5 }), fc.boolean(), fc.uniqueArray(anyAddress))
  .map((parts) => desiredFor(...parts));

/** Checks something for any listed records and any desired ones. */
export function always(
  check: (listed: readonly DnsRecord[], desired: OpenDesired, plan: RecordChange[]) => void,
): void {
  const judge = (listed: readonly DnsRecord[], desired: OpenDesired): void =>
    check(listed, desired, planRecords(listed, desired, TTL));
  fc.assert(fc.property(anyListed, anyDesired, judge), { numRuns: 3000 });
}

/** The records after a change; an id that no record has yet belongs to an added one. */
export function carryOut(records: readonly DnsRecord[], change: RecordChange): DnsRecord[] {
  if (change.op === "add") {
    const id = String(1 + Math.max(0, ...records.map((record) => Number(record.id))));
    return [...records, { id, ...change.content, enabled: true }];
  }
  const at = records.findIndex(({ id }) => id === change.record.id);
  expect(at).not.toBe(-1);
  const { id } = records[at]!;
  return records.toSpliced(at, 1, ...(change.op === "change" ? [{ id, ...change.content, enabled: true }] : []));
}

/** The records before the first change, and after each. */
export function momentsOf(listed: readonly DnsRecord[], plan: readonly RecordChange[]): (readonly DnsRecord[])[] {
  const moments = [listed];
  for (const change of plan) moments.push(carryOut(moments.at(-1)!, change));
  return moments;
}

export const recordsAfter = (listed: readonly DnsRecord[], plan: readonly RecordChange[]): readonly DnsRecord[] =>
  momentsOf(listed, plan).at(-1)!;

export const resolving = (records: readonly DnsRecord[]): string[] =>
  records.filter(({ enabled }) => enabled).map(({ address }) => address);

export const isCorrect = ({ ttl, enabled }: DnsRecord): boolean => enabled && ttl === TTL;

/** Records that resolve and may be those of unknown gateways. */
export const retainedOf = (listed: readonly DnsRecord[], { addresses, claimOn }: DesiredRecords): DnsRecord[] =>
  listed.filter(({ address, enabled }) => enabled && !addresses.includes(address) && claimOn(address) !== "none");

/** What a plan has to do, counted in another way than the planner does. */
export function needsOf(listed: readonly DnsRecord[], desired: DesiredRecords) {
  const holding = desired.addresses.map((address) => listed.filter((record) => record.address === address));
  const retained = retainedOf(listed, desired).length;
  const present = holding.filter((records) => records.length > 0).length;
  const keepsLast =
    desired.addresses.length === 0 && !desired.mayBeEmpty && retained === 0 && listed.some(({ enabled }) => enabled);
  return {
    missing: desired.addresses.length - present,
    corrections: holding.filter((records) => records.length > 0 && !records.some(isCorrect)).length,
    removable: listed.length - present - retained - (keepsLast ? 1 : 0),
  };
}

/** Each desired address has to be there once and correct; besides only retained ones, or one if the name may not be empty. */
export function expectEnd(records: readonly DnsRecord[], listed: readonly DnsRecord[], desired: DesiredRecords): void {
  const wanted = records.filter(({ address }) => desired.addresses.includes(address));
  expect(wanted.map(({ address }) => address).sort()).toEqual([...desired.addresses].sort());
  expect(wanted.filter((record) => !isCorrect(record))).toEqual([]);
  const retained = retainedOf(listed, desired);
  expect(records).toEqual(expect.arrayContaining(retained));
  const others = records.filter((one) => !wanted.includes(one) && !retained.includes(one));
  const mayKeepLast = desired.addresses.length === 0 && !desired.mayBeEmpty && retained.length === 0;
  expect(others.length).toBeLessThanOrEqual(mayKeepLast ? 1 : 0);
  for (const other of others) expect(listed.filter(({ enabled }) => enabled)).toContain(other);
}
