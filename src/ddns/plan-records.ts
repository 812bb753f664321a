import type { DnsRecord, RecordContent } from "./providers/provider.ts";

/** Whether a record may be one of an active gateway whose address is unknown. */
export type Claim = "likely" | "possible" | "none";

/** What the name should resolve to. */
export interface Wish {
  /** Addresses that must be there. Missing ones are added in this order, as far as they fit. */
  readonly addresses: readonly string[];
  /** Active gateways whose address is unknown. */
  readonly unknown: readonly string[];
  /** Whether a record that is not wished for may be one of theirs, and so has to stay. */
  readonly spares: (address: string) => Claim;
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
 * @param full whether the account takes no more records: then no more records are spared than gateways are unknown, if
 *   wished ones need the room
 */
export function planRecords(listed: readonly DnsRecord[], wish: Wish, ttl: number, full = false): RecordChange[] {
  const holders = new Map<string, DnsRecord>();
  for (const record of [...listed].sort((a, b) => Number(isRight(b, ttl)) - Number(isRight(a, ttl)))) {
    if (wish.addresses.includes(record.address) && !holders.has(record.address)) holders.set(record.address, record);
  }
  const mended = [...holders.values()].filter((record) => !isRight(record, ttl));
  const missing = wish.addresses.filter((address) => !holders.has(address));
  const kept = new Set(holders.values());
  const others = listed.filter((record) => !kept.has(record));
  const spared = ["likely", "possible"].flatMap((claim) => others.filter((record) => claimOn(record, wish) === claim));
  // Records that do not resolve are the first to be taken for something else.
  const free = others
    .filter((record) => !spared.includes(record))
    .sort((a, b) => Number(a.enabled) - Number(b.enabled));
  const reusable = full ? [...free, ...spared.slice(wish.unknown.length)] : free;
  const reused = reusable.slice(0, missing.length);
  const surplus = free.filter((record) => !reused.includes(record));

  const left = wish.addresses.length > 0 || spared.length > 0;
  const last = left || wish.mayBeEmpty ? undefined : surplus.findLast(({ enabled }) => enabled);
  return [
    ...mended.map((record) => changeTo(record, record.address, ttl)),
    ...reused.map((record, index) => changeTo(record, missing[index]!, ttl)),
    ...missing.slice(reused.length).map((address): RecordChange => ({ op: "add", content: { address, ttl } })),
    ...surplus.filter((record) => record !== last).map((record): RecordChange => ({ op: "remove", record })),
  ];
}

function isRight(record: DnsRecord, ttl: number): boolean {
  return record.enabled && (record.ttl === ttl || record.ttl === undefined);
}

function claimOn({ address, enabled }: DnsRecord, { addresses, spares }: Wish): Claim {
  return enabled && !addresses.includes(address) ? spares(address) : "none";
}

function changeTo(record: DnsRecord, address: string, ttl: number): RecordChange {
  return { op: "change", record, content: { address, ttl } };
}
