/** Any records and any wish, and what a plan makes of them. */
import { expect } from "bun:test";

import fc from "fast-check";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { planRecords, type RecordChange, type Wish } from "../../../src/ddns/plan-records.ts";

export const TTL = 60;

/** A wish that shows in a counterexample what it spares. */
interface OpenWish extends Wish {
  readonly spared: readonly string[];
}

export const wishFor = (
  addresses: readonly string[],
  mayBeEmpty = false,
  spared: readonly string[] = [],
): OpenWish => ({
  addresses,
  mayBeEmpty,
  spared,
  unknown: spared.length > 0 ? ["some gateway"] : [],
  spares: (address) => (spared.includes(address) ? "possible" : "none"),
});

const anyAddress = fc.constantFrom("1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4", "1.0.0.5", "1.0.0.6");
const anyRecord = fc.record({ address: anyAddress, ttl: fc.constantFrom(TTL, TTL, 120, 0), enabled: fc.boolean() });
const anyListed = fc
  .array(anyRecord, { maxLength: 7 })
  .map((records): readonly DnsRecord[] => records.map((record, index) => ({ id: String(index + 1), ...record })));
const anyWish = fc
  .tuple(fc.uniqueArray(anyAddress, { maxLength: 5 }), fc.boolean(), fc.uniqueArray(anyAddress))
  .map((parts) => wishFor(...parts));

/** Checks something for any records and any wish. */
export function always(check: (listed: readonly DnsRecord[], wish: OpenWish, plan: RecordChange[]) => void): void {
  const judge = (listed: readonly DnsRecord[], wish: OpenWish): void =>
    check(listed, wish, planRecords(listed, wish, TTL));
  fc.assert(fc.property(anyListed, anyWish, judge), { numRuns: 3000 });
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

export const isRight = ({ ttl, enabled }: DnsRecord): boolean => enabled && ttl === TTL;

/** Records that resolve, and that the wish wants left alone. */
export const sparedOf = (listed: readonly DnsRecord[], { addresses, spares }: Wish): DnsRecord[] =>
  listed.filter(({ address, enabled }) => enabled && !addresses.includes(address) && spares(address) !== "none");

/** What a plan has to deal with, counted in another way than the planner does. */
export function needsOf(listed: readonly DnsRecord[], wish: Wish) {
  const holding = wish.addresses.map((address) => listed.filter((record) => record.address === address));
  const spared = sparedOf(listed, wish).length;
  const held = holding.filter((records) => records.length > 0).length;
  const clingsOn =
    wish.addresses.length === 0 && !wish.mayBeEmpty && spared === 0 && listed.some(({ enabled }) => enabled);
  return {
    missing: wish.addresses.length - held,
    mends: holding.filter((records) => records.length > 0 && !records.some(isRight)).length,
    removable: listed.length - held - spared - (clingsOn ? 1 : 0),
  };
}

/** Every wished address has to be there once and right; besides only spared ones, or one where none may be missing. */
export function expectEnd(records: readonly DnsRecord[], listed: readonly DnsRecord[], wish: Wish): void {
  const wished = records.filter(({ address }) => wish.addresses.includes(address));
  expect(wished.map(({ address }) => address).sort()).toEqual([...wish.addresses].sort());
  expect(wished.filter((record) => !isRight(record))).toEqual([]);
  const spared = sparedOf(listed, wish);
  expect(records).toEqual(expect.arrayContaining(spared));
  const others = records.filter((one) => !wished.includes(one) && !spared.includes(one));
  const mayCling = wish.addresses.length === 0 && !wish.mayBeEmpty && spared.length === 0;
  expect(others.length).toBeLessThanOrEqual(mayCling ? 1 : 0);
  for (const other of others) expect(listed.filter(({ enabled }) => enabled)).toContain(other);
}
