import type { DnsRecord, RecordContent } from "./provider.ts";

/** What the name should resolve to. */
export interface Wish {
  /** Addresses that must be there. Missing ones are added in this order, as far as they fit. */
  readonly addresses: readonly string[];
  /** Whether a record that is not wished for may be one of an active gateway all the same, and so has to stay. */
  readonly spares: (address: string) => boolean;
  /** Whether the name may resolve to nothing. */
  readonly mayBeEmpty: boolean;
}

export type RecordChange =
  | { readonly op: "change"; readonly record: DnsRecord; readonly content: RecordContent }
  | { readonly op: "add"; readonly content: RecordContent }
  | { readonly op: "remove"; readonly record: DnsRecord };

/**
 * The changes that turn the listed records into the wished ones: first in place, then additions, then removals, so that
 * the name never resolves to nothing on the way, and an account that is full can still be updated.
 *
 *     listed   wished   changes
 *     A B      A B      none
 *     A B      A C      B becomes C
 *     A        A B      add B
 *     A B      A        remove B
 *     A B      -        remove A, remove B; only one of them unless the name may be empty
 *     A A      A        remove the second A
 *
 * A record with a foreign time to live, or that is disabled, is changed in place.
 *
 * @param ttl seconds
 */
export function planRecords(listed: readonly DnsRecord[], wish: Wish, ttl: number): RecordChange[] {
  const holders = new Map<string, DnsRecord>();
  for (const record of [...listed].sort((a, b) => Number(isRight(b, ttl)) - Number(isRight(a, ttl)))) {
    if (wish.addresses.includes(record.address) && !holders.has(record.address)) holders.set(record.address, record);
  }
  const mended = [...holders.values()].filter((record) => !isRight(record, ttl));
  const missing = wish.addresses.filter((address) => !holders.has(address));
  const kept = new Set(holders.values());
  // Records that do not resolve are the first to be taken for something else.
  const spare = listed
    .filter((record) => !kept.has(record) && !(record.enabled && isSpared(record, wish)))
    .sort((a, b) => Number(a.enabled) - Number(b.enabled));
  const reused = spare.slice(0, missing.length);
  const surplus = spare.slice(reused.length);

  const left = wish.addresses.length > 0 || listed.some((record) => record.enabled && isSpared(record, wish));
  const last = left || wish.mayBeEmpty ? undefined : surplus.findLast(({ enabled }) => enabled);
  return [
    ...mended.map((record) => changeTo(record, record.address, ttl)),
    ...reused.map((record, index) => changeTo(record, missing[index]!, ttl)),
    ...missing.slice(reused.length).map((address): RecordChange => ({ op: "add", content: { address, ttl } })),
    ...surplus.filter((record) => record !== last).map((record): RecordChange => ({ op: "remove", record })),
  ];
}

function isRight(record: DnsRecord, ttl: number): boolean {
  return record.enabled && record.ttl === ttl;
}

function isSpared({ address }: DnsRecord, { addresses, spares }: Wish): boolean {
  return !addresses.includes(address) && spares(address);
}

function changeTo(record: DnsRecord, address: string, ttl: number): RecordChange {
  return { op: "change", record, content: { address, ttl } };
}
